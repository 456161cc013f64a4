import { systemClock } from "../clock/system-clock.js";
import type { Call, Interceptor } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import type { CodeName } from "../contract/code.js";
import { RpcError } from "../contract/errors.js";
import { badOption, checkOptions } from "../service/check-options.js";

export interface FallbackOptions {
  /** Codes of the errors in whose place the value comes. Defaults to `unavailable`, `deadline_exceeded` and `resource_exhausted`. */
  readonly codes?: readonly CodeName[];
  /** The methods it is for, by their paths, e.g. `/Prices/of`. Defaults to all. */
  readonly methods?: readonly string[];
  /**
   * How long before its deadline a call that has no answer gets the value, in ms: at the deadline itself it has failed,
   * whatever interceptors say. Defaults to 0: then such calls fail.
   */
  readonly beforeDeadlineMs?: number;
  /** That of the client. Defaults to the process's own. */
  readonly clock?: Clock;
}

const usualCodes: readonly CodeName[] = ["unavailable", "deadline_exceeded", "resource_exhausted"];

/**
 * Answers with a value of the caller's own where a call failed: `fallback(() => [])`, or what a cache has. To be given to
 * `connect({ interceptors })`, where it stands around retries. The value takes the place of a result, so that it must be
 * one for every method it is for. Calls that are cancelled, oneway or stream are left as they are.
 */
export function fallback(value: (error: RpcError, call: Call) => unknown, options: FallbackOptions = {}): Interceptor {
  if (typeof value !== "function") throw badOption("fallback wants a function that returns the value");
  checkOptions("fallback", options, { codes: "list", methods: "list", beforeDeadlineMs: "number", clock: "object" });
  const { codes = usualCodes, methods, beforeDeadlineMs = 0, clock = systemClock } = options;
  return (next) => async (call) => {
    const { method, oneway } = call;
    if (oneway || method.kind !== "unary" || methods?.includes(method.path) === false) return next(call);
    try {
      return await (beforeDeadlineMs > 0 ? orLate(next(call), call, beforeDeadlineMs, clock) : next(call));
    } catch (thrown) {
      if (thrown instanceof RpcError && codes.includes(thrown.code)) return value(thrown, call);
      throw thrown;
    }
  };
}

/** Rejects shortly before the deadline where there is no answer, and gives the call up. */
function orLate(answer: Promise<unknown>, call: Call, beforeDeadlineMs: number, clock: Clock): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const late = (): void => {
      const message = `${call.method.path} had no answer ${beforeDeadlineMs} ms before its deadline`;
      const error = new RpcError("deadline_exceeded", message, { reason: "DEADLINE_EXCEEDED", processed: "no" });
      error.processed = call.carrier?.giveUp(error, call) ?? "no";
      reject(error);
    };
    const timer = clock.setTimer(late, Math.max(0, call.deadline - clock.now() - beforeDeadlineMs));
    // Who waits for the answer keeps the process alive by its deadline.
    timer.unref();
    answer.then(resolve, reject).finally(() => timer.cancel());
  });
}
