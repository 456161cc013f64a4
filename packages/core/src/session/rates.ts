import { RpcError } from "../contract/errors.js";

const windowMs = 1_000;
/** How long who was sent away should stay away, in ms. */
const calmMs = 1_000;

/** What a peer may do so many times a second on one connection; well-behaved ones stay far below. */
const most = {
  pings: 1_000,
  opens: 1_000,
  /** Cancels within 10 ms of their request: work that is begun to be thrown away. */
  "cancels right behind their requests": 10_000,
  /** Frames that are right and change nothing: parts without a byte, drains, pongs nobody asked for, kinds to be skipped. */
  "frames that say nothing": 10_000,
  /** That cannot be decoded, of methods that were not opened, or above the number that may be without an answer. */
  "requests that no right client makes": 10_000,
  "requests with more than 4 KiB of metadata": 10_000,
} as const;

/** What is counted. */
export type Counted = keyof typeof most;

/** Counts what a peer does on one connection, a second at a time, and ends the connection where it is too much. */
export class Rates {
  #since = 0;
  #counts: Map<Counted, number> | undefined;

  /** Counts `by`, at `now`. Returns how many there were within the second. Throws `resource_exhausted` / `ENHANCE_YOUR_CALM` above the limit. */
  count(what: Counted, now: number, atLeast = 0, by = 1): number {
    if (this.#counts === undefined || now - this.#since >= windowMs) {
      this.#counts = new Map();
      this.#since = now;
    }
    const count = (this.#counts.get(what) ?? 0) + by;
    this.#counts.set(what, count);
    const limit = Math.max(most[what], atLeast);
    if (count <= limit) return count;
    throw new RpcError("resource_exhausted", `more than ${limit} ${what} within a second`, {
      reason: "ENHANCE_YOUR_CALM",
      processed: "maybe",
      retryAfterMs: calmMs,
    });
  }
}
