import { RpcError } from "../contract/errors.js";
import { wasReceived } from "../contract/received-error.js";

/** Returns what a caller may know of something that a handler threw. Never throws, whatever it was. */
export function faultOf(thrown: unknown, path: string): RpcError {
  try {
    if (thrown instanceof RpcError) return wasReceived(thrown) ? relayed(thrown, path) : own(thrown);
  } catch {
    // A getter of the thrown object threw in turn: nothing of it can be told.
  }
  return new RpcError("unknown", `the handler of ${path} failed; its server's log says how`, {
    reason: "HANDLER_ERROR",
  });
}

/** The handler chose what its caller sees. That it ran is not for it to say. */
function own(error: RpcError): RpcError {
  return new RpcError(error.code, String(error.message), {
    reason: String(error.reason),
    retryAfterMs: error.retryAfterMs,
    details: error.details,
    processed: "yes",
  });
}

/** What went wrong further away says nothing about this call, except that time was up. */
function relayed(error: RpcError, path: string): RpcError {
  const { code } = error;
  if (code === "deadline_exceeded" || code === "cancelled") {
    return new RpcError(code, `a call made by the handler of ${path} failed: ${code}`, { reason: error.reason });
  }
  return new RpcError("unknown", `a call made by the handler of ${path} failed; its server's log says how`, {
    reason: "HANDLER_ERROR",
  });
}
