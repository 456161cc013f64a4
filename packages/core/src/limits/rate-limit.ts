import { systemClock } from "../clock/system-clock.js";
import type { Admission } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import { badOption, checkOptions, clock as clockKind } from "../service/check-options.js";
import { keyBy, type LimitedBy, waysToShare } from "./callers.js";
import { waitingRefusals } from "./refusals.js";
import { createTokenBuckets } from "./token-buckets.js";

export interface RateLimitOptions {
  /** Calls a second that are let in for long. */
  readonly perSecond: number;
  /** Calls that are let in at once where there were none for a while. Defaults to `perSecond`, at least 1. */
  readonly burst?: number;
  /** Whose calls share the limit. Defaults to `caller`. */
  readonly by?: LimitedBy;
  /** How many callers, or methods of callers, are remembered at most. Defaults to 10 000. */
  readonly keys?: number;
  readonly clock?: Clock;
}

/** For checkOptions: what all rate limits take. */
export const rateKinds = {
  perSecond: "number",
  burst: "count",
  by: "any",
  keys: "count",
} as const;

/**
 * Returns an admission that lets in so many calls a second, and rejects the others before they are decoded, with
 * `resource_exhausted` / `RATE_LIMIT` and how long to wait in `retryAfterMs`. Rejected calls do not count. For one process: of
 * three servers each lets in as many.
 */
export function rateLimit(options: RateLimitOptions): Admission {
  checkOptions("rateLimit", options, { ...rateKinds, clock: clockKind });
  const { perSecond, burst, by, keys } = checkedRate("rateLimit", options);
  const { clock = systemClock } = options;
  const keyOf = keyBy(by);
  const buckets = createTokenBuckets(perSecond, burst, keys);
  const refuse = waitingRefusals(rateMessage(perSecond, by), "RATE_LIMIT");
  return (head) => {
    const key = keyOf(head);
    if (key === undefined) return undefined;
    const waitMs = buckets.take(key, clock.now());
    return waitMs === 0 ? undefined : refuse(waitMs);
  };
}

/** Returns the options of a rate limit with their defaults. Throws `invalid_argument` / `BAD_OPTION` where they do not fit together. */
export function checkedRate(where: string, { perSecond, burst, by = "caller", keys = 10_000 }: RateLimitOptions) {
  if (!(perSecond > 0 && perSecond <= 1e6))
    throw badOption(`${where}: perSecond must be a number above 0, up to 1 000 000`);
  if (typeof by !== "function" && !waysToShare.includes(by))
    throw badOption(`${where}: by must be a function, or ${waysToShare.map((way) => `"${way}"`).join(" or ")}`);
  return { perSecond, burst: burst ?? Math.max(1, Math.floor(perSecond)), by, keys };
}

/** What a rejected caller is told: not its name, which it knows. */
export function rateMessage(perSecond: number, by: LimitedBy): string {
  const whose = typeof by === "function" ? "of a limit of this server's own" : `of one ${by}`;
  return `more calls came than ${perSecond} a second, the limit ${whose}`;
}
