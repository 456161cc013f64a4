import type { Call } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";

/** Returns the error of a call at its deadline; `lacking` says what had not come, e.g. "had no answer". */
export function deadlineExceeded(call: Call, lacking: string): RpcError {
  const spanMs = Math.max(0, Math.round(call.deadline - call.startedAt));
  return new RpcError("deadline_exceeded", `${call.method.path} ${lacking} within ${spanMs} ms${at(call)}`, {
    reason: "DEADLINE_EXCEEDED",
    processed: "no", // whoever carries the call knows better, and says so
  });
}

/** Returns the error of a call whose caller gave it up, at its own deadline where that was the cause. */
export function cancelled(call: Call, cause: unknown, lacking: string): RpcError {
  if (cause instanceof RpcError && cause.code === "deadline_exceeded") return deadlineExceeded(call, lacking);
  return new RpcError("cancelled", `${call.method.path} was cancelled by its caller${at(call)}`, {
    reason: "CANCELLED",
    processed: "no",
    cause,
  });
}

function at(call: Call): string {
  return call.endpoint === undefined ? "" : ` (at ${call.endpoint.address})`;
}
