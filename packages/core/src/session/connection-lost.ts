import { RpcError } from "../contract/errors.js";

/** Returns the error of a connection that ended for the reason `why`. */
export function connectionLost(address: string, why: string, reason = "CONNECTION_LOST", cause?: Error): RpcError {
  return new RpcError("unavailable", `the connection with ${address} ended: ${why}`, {
    reason,
    processed: "maybe",
    endpoint: address,
    cause,
  });
}

/** Returns the error of a connection that ended before its hello was answered: nothing was ever written to it. */
export function notReady(address: string, why: string, cause?: Error): RpcError {
  // A server that wants TLS closes without a word to who begins in another way.
  const hint = address.startsWith("tcp:") ? "; if it wants TLS, write tls://" : "";
  return new RpcError("unavailable", `${address} did not answer the hello: ${why}${hint}`, {
    reason: "NO_HELLO",
    processed: "no",
    endpoint: address,
    cause,
  });
}

/** Returns the error of a call that a connection does not take any more, so that it was never written. */
export function noMoreCalls(address: string, ending: boolean): RpcError {
  return new RpcError(
    "unavailable",
    `the connection to ${address} ${ending ? "is being ended" : "has ended"} and takes no more calls`,
    { reason: ending ? "DRAINING" : "CONNECTION_LOST", processed: "no", endpoint: address },
  );
}
