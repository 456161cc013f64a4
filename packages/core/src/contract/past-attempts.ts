import type { Call } from "./call.js";
import type { RpcError } from "./errors.js";

interface PastAttempt {
  readonly number: number;
  readonly endpoint: string;
  readonly outcome: string;
  /** Since the call was made. */
  readonly afterMs: number;
}

/** Only calls that were tried again are in it. */
const past = new WeakMap<Call, PastAttempt[]>();

/** Notes how an attempt ended, at `now` on the clock, before the next one is made. One that met no endpoint is none. */
export function noteAttempt(call: Call, error: RpcError, now: number, number = call.attempt): void {
  if (call.endpoint === undefined) return;
  const attempt = {
    number,
    endpoint: call.endpoint.address,
    outcome: error.reason,
    afterMs: Math.round(now - call.startedAt),
  };
  const known = past.get(call);
  if (known === undefined) past.set(call, [attempt]);
  else known.push(attempt);
}

/** The attempts of a copy of a call are the call's own. */
export function inheritAttempts(call: Call, copy: Call): void {
  const more = past.get(copy);
  if (more === undefined) return;
  past.delete(copy);
  past.set(call, [...(past.get(call) ?? []), ...more]);
}

/** Returns in words what became of the attempts before the last one; empty where there was none. */
export function pastAttempts(call: Call): string {
  const attempts = past.get(call);
  if (attempts === undefined) return "";
  const words = attempts.map(
    ({ number, endpoint, outcome, afterMs }) => `attempt ${number} at ${endpoint}: ${outcome} after ${afterMs} ms`,
  );
  return ` (before: ${words.join(", ")})`;
}
