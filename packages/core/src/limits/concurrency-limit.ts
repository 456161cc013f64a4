import type { Admission, Call, Head, Interceptor } from "../contract/call.js";
import { badOption, checkOptions } from "../service/check-options.js";
import { keyBy, type LimitedBy, waysToShare } from "./callers.js";
import { refusal } from "./refusals.js";

/** What a rejected caller is asked to wait, in ms: nobody knows when a handler will settle. */
const retryAfterMs = 100;
/** Above so many callers those are looked for of whom nothing is left. */
const maxShares = 10_000;

export interface ConcurrencyLimitOptions {
  /** Calls of one caller that may be under way at once, waiting for a handler or running. */
  readonly calls: number;
  /** Whose calls share the limit. Defaults to `caller`. */
  readonly by?: LimitedBy;
}

/** The two halves of a limit: give `admission` to `admissions`, as the last of them, and `interceptor` to `interceptors`, as the first. */
export interface ConcurrencyLimit {
  /** Rejects what is too much before it is decoded. */
  readonly admission: Admission;
  /** Hears when a call has settled. */
  readonly interceptor: Interceptor;
}

/**
 * Returns a limit on how many calls of one caller a server has under way at once; what is above it is rejected before it is
 * decoded, with `resource_exhausted` / `CONCURRENCY_LIMIT`. A cancelled call counts until its handler has settled; a stream
 * until it was opened. So that no caller takes all of `handlersRunning`, over as many connections as it likes.
 */
export function concurrencyLimit(options: ConcurrencyLimitOptions): ConcurrencyLimit {
  checkOptions("concurrencyLimit", options, { calls: "count", by: "any" });
  const { calls, by = "caller" } = options;
  if (calls === undefined) throw badOption("concurrencyLimit: calls must be a whole number above 0");
  if (typeof by !== "function" && !waysToShare.includes(by))
    throw badOption(`concurrencyLimit: by must be a function, or ${waysToShare.map((way) => `"${way}"`).join(" or ")}`);
  const keyOf = keyBy(by);
  const shares = new Map<string, Share>();
  const taken = new WeakMap<object, Taken>();
  const whose = typeof by === "function" ? "of a limit of this server's own" : `of one ${by}`;
  const tooMany = refusal(
    "resource_exhausted",
    `${calls} calls are under way, the limit ${whose}`,
    "CONCURRENCY_LIMIT",
    retryAfterMs,
  );

  return {
    admission(head) {
      const key = keyOf(head);
      if (key === undefined) return undefined;
      if (shares.size >= maxShares) forgetIdle(shares);
      const share = shares.get(key) ?? { running: 0, waiting: new Set<Head>() };
      if (share.running + share.waiting.size >= calls) forgetOver(share.waiting);
      if (share.running + share.waiting.size >= calls) return tooMany;
      share.waiting.add(head);
      shares.set(key, share);
      taken.set(head, { key, share });
      return undefined;
    },
    interceptor: (next) => async (call) => {
      const mine = taken.get(call);
      if (mine === undefined) return next(call);
      const { key, share } = mine;
      share.waiting.delete(call as Call & Head);
      share.running++;
      try {
        return await next(call);
      } finally {
        share.running--;
        if (share.running === 0 && share.waiting.size === 0 && shares.get(key) === share) shares.delete(key);
      }
    },
  };
}

/** What one caller has under way. */
interface Share {
  running: number;
  /** Let in, and not begun. */
  readonly waiting: Set<Head>;
}

interface Taken {
  readonly key: string;
  readonly share: Share;
}

/** Takes out what came to nothing before a handler began: cancelled, expired, turned away. Nobody tells of these. */
function forgetOver(waiting: Set<Head>): void {
  for (const head of waiting) if (head.settled || head.abandoned !== undefined) waiting.delete(head);
}

/** Of callers whose calls all came to nothing something may be left. */
function forgetIdle(shares: Map<string, Share>): void {
  for (const [key, { running, waiting }] of shares) {
    forgetOver(waiting);
    if (running + waiting.size === 0) shares.delete(key);
  }
}
