import { type Connector, createClient, type ServiceDescriptor } from "@rpc/core";
import { mapCalls } from "../dto/map-calls.js";
import type { Mappings } from "../dto/mappings.js";
import type { AppOptions } from "./app-options.js";

/** Returns the client of a service, made once for each. */
export type ClientOf = (service: ServiceDescriptor) => object;

/** Returns what makes the clients of an app: the connector's, with their arguments and answers turned where that is needed. */
export function createClients(connector: Connector, mappings: Mappings, { connect, clock }: AppOptions): ClientOf {
  const made = new Map<ServiceDescriptor, object>();
  const { timeoutMs } = connect ?? {};
  const options = { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(clock === undefined ? {} : { clock }) };
  return (service) => {
    let client = made.get(service);
    if (client === undefined) {
      // What is turned is turned once, however many attempts the call takes: this stands outside the retries.
      const invoke = mapCalls(connector.invokeFor(service), mappings.atClient(service));
      client = createClient(service, invoke, options);
      made.set(service, client);
    }
    return client;
  };
}
