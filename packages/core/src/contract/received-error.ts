import type { RpcError } from "./errors.js";

const received = new WeakSet<RpcError>();

/** Notes that an error settled a call made by this process. */
export function markReceived(error: RpcError): void {
  received.add(error);
}

/**
 * Whether an error was received from a call. A handler that lets it through must not pass on its `processed`: a
 * relayed "no" would make the caller run this handler again.
 */
export function wasReceived(error: RpcError): boolean {
  return received.has(error);
}
