/**
 * Calls that were given up while their peer was silent: where a whole load gives up sooner than a call is late, there is
 * never a late one, and the silence is the same.
 */
export class GivenUp {
  /** When the oldest of them was written, in ms on the clock. */
  #writtenAt = Number.POSITIVE_INFINITY;
  /** When the last of them was given up. */
  #at = Number.NEGATIVE_INFINITY;

  /** A written call is given up at `now`; the peer was last heard of at `heardAt`. */
  add(writtenAt: number, now: number, heardAt: number): void {
    this.#writtenAt = this.#at <= heardAt ? writtenAt : Math.min(writtenAt, this.#writtenAt);
    this.#at = now;
  }

  /** When the oldest was written, of those written after `since`; Infinity where there is none, or the peer was heard of after all. */
  oldestWrittenAt(since: number, heardAt: number): number {
    // An older one must not hide those that come after it.
    if (this.#at <= heardAt || this.#writtenAt <= since) this.#writtenAt = Number.POSITIVE_INFINITY;
    return this.#writtenAt;
  }
}
