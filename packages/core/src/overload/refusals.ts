import { RpcError } from "../contract/errors.js";

/**
 * Why calls are turned away, made once and said often: rejecting must cost microseconds when there are most of them, so
 * the error and its encoded form are kept.
 */
export interface Refusal {
  readonly error: RpcError;
  /** Filled by who first writes it. */
  encoded: Buffer | undefined;
}

/** A call waited for too long while more came than could be run. */
export function overloaded(): Refusal {
  return refusal("OVERLOADED", "the server has more calls than it can run: it turns away what would only wait");
}

/** A call waited too long for a handler to settle. `what` is whose handlers, `option` what bounds them. */
export function noPlace(what: string, limit: number, option: string): Refusal {
  return refusal("CONCURRENCY_LIMIT", `${limit} handlers of ${what} are running, the limit of ${option}`);
}

/** A call waited too long while its connection had its share of places. */
export function crowded(): Refusal {
  return refusal(
    "CONCURRENCY_LIMIT",
    "handlers of this connection's oneway and cancelled calls run in all places that these may take of handlersRunning",
  );
}

/** No more calls may wait. */
export function queueFull(limit: number, option: string): Refusal {
  return refusal("WAIT_QUEUE_FULL", `the calls that wait for a handler have reached ${option} ${limit} of the server`);
}

function refusal(reason: string, message: string): Refusal {
  return { error: new RpcError("resource_exhausted", message, { reason, processed: "no" }), encoded: undefined };
}
