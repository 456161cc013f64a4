import { type Connector, createClient, type Invoke, type Peer, type ServiceDescriptor } from "@rpc/core";
import { mapCalls } from "../dto/map-calls.js";
import type { Mappings } from "../dto/mappings.js";
import type { ServiceMappings } from "../dto/method-mapping.js";
import type { AppOptions } from "./app-options.js";

/** The clients of an app. */
export interface Clients {
  /** Returns the client of a service, made once for each. */
  of(service: ServiceDescriptor): object;
  /** Returns a client of a service that a peer offers. */
  ofPeer(service: ServiceDescriptor, peer: Peer): object;
  /** Services that clients were made of. */
  readonly services: readonly ServiceDescriptor[];
}

/** Returns what makes the clients of an app: the connector's, with their arguments and answers turned where that is needed. */
export function createClients(connector: Connector, mappings: Mappings, { connect, clock }: AppOptions): Clients {
  const made = new Map<ServiceDescriptor, object>();
  const known = new Map<ServiceDescriptor, ServiceMappings | undefined>();
  const { timeoutMs } = connect ?? {};
  const options = { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(clock === undefined ? {} : { clock }) };
  // What is turned is turned once, however many attempts the call takes: this stands outside the retries.
  const clientBy = (service: ServiceDescriptor, invoke: Invoke): object => {
    if (!known.has(service)) known.set(service, mappings.atClient(service));
    return createClient(service, mapCalls(invoke, known.get(service)), options);
  };
  return {
    of(service) {
      let client = made.get(service);
      if (client === undefined) {
        client = clientBy(service, connector.invokeFor(service));
        made.set(service, client);
      }
      return client;
    },
    ofPeer: (service, { invoke }) => clientBy(service, invoke),
    get services() {
      return [...made.keys()];
    },
  };
}
