import type { Interceptor } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";

/**
 * Refuses what an interceptor made by spreading a call, `{ ...call }`: the call's deadline, cancellation and certainty
 * would not reach it. A call's fields may be changed, and the call itself is passed on.
 */
export const uncopied: Interceptor = (next) => (call) =>
  Object.getPrototypeOf(call) === Object.prototype ? refuse() : next(call);

function refuse(): Promise<never> {
  const message =
    "an interceptor of this client passed a copy of its call on: change the call's fields, and pass the call itself on";
  return Promise.reject(new RpcError("internal", message, { reason: "CALL_COPIED", processed: "no" }));
}
