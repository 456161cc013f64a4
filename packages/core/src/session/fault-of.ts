import { Code } from "../contract/code.js";
import { RpcError } from "../contract/errors.js";
import { wasReceived } from "../contract/received-error.js";
import type { ErrorClasses } from "./error-classes.js";

/**
 * Returns what a caller may know of something that a handler threw, of its own class where that was named. Never
 * throws, whatever it was.
 */
export function faultOf(thrown: unknown, path: string, classes: ErrorClasses): RpcError {
  try {
    if (thrown instanceof RpcError) {
      if (wasReceived(thrown)) return relayed(thrown, path);
      return classes.knows(thrown) ? classes.dress(own(thrown)) : own(thrown);
    }
  } catch {
    // A getter of the thrown object threw in turn: nothing of it can be told.
  }
  return neutral(`the handler of ${path} failed; its server's log says how`);
}

/** Whether the caller is told in the handler's own words, so that nothing of it is lost where it is not logged. */
export function isToldInFull(thrown: unknown): boolean {
  try {
    return thrown instanceof RpcError && !wasReceived(thrown) && own(thrown) !== undefined;
  } catch {
    return false;
  }
}

/** The handler chose what its caller sees. That it ran is not for it to say. */
function own(error: RpcError): RpcError {
  const { code, message, reason, retryAfterMs, details } = error;
  return new RpcError(Object.hasOwn(Code, code) ? code : "unknown", String(message), {
    reason: String(reason),
    retryAfterMs: typeof retryAfterMs === "number" ? retryAfterMs : undefined,
    details,
    origin: "peer",
  });
}

/** What went wrong further away says nothing about this call, except that time was up. */
function relayed({ code, reason }: RpcError, path: string): RpcError {
  if (code !== "deadline_exceeded" && code !== "cancelled") {
    return neutral(`a call made by the handler of ${path} failed; its server's log says how`);
  }
  return new RpcError(code, `a call made by the handler of ${path} failed: ${code}`, { reason, origin: "peer" });
}

function neutral(message: string): RpcError {
  return new RpcError("unknown", message, { reason: "HANDLER_ERROR", origin: "peer" });
}
