import type { Call, Invoke, Receiver } from "../contract/call.js";
import type { ServiceDescriptor } from "../contract/method.js";

/**
 * The way of a client's calls in which no interceptor of the user's stands. The caller's promise is then the only one
 * that a call has: of ten thousand in flight each object that lives as long as its call is copied by the collector.
 */
export interface Direct {
  /** Makes a call's first attempt; `receiver` is told how it ended. */
  send(call: Call, receiver: Receiver): void;
  /** Settles as the further attempts of a call whose first one failed, or rejects with what it failed with. */
  recover(call: Call, thrown: unknown): Promise<unknown>;
}

const known = new WeakMap<Invoke, { readonly service: ServiceDescriptor; readonly direct: Direct }>();

/** Notes that the calls of a service may go this way in place of through `invoke`, with the same outcome. */
export function noteDirect(invoke: Invoke, service: ServiceDescriptor, direct: Direct): void {
  known.set(invoke, { service, direct });
}

/** Returns the direct way beside an invoke, where there is one for the service. Looked up once for each client. */
export function directOf(invoke: Invoke, service: ServiceDescriptor): Direct | undefined {
  const found = known.get(invoke);
  return found?.service === service ? found.direct : undefined;
}
