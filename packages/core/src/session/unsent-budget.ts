/** From this share of all there may be on, connections are ended that are too slow by themselves. */
const pressure = 3 / 4;
/** To end who holds less than this share of what all hold on average would make no room. */
const noticeable = 1 / 16;

/** A connection whose socket has not taken all that was said, as the budget knows it. */
export interface Backlog {
  /** Bytes that wait by now. */
  readonly unsentBytes: number;
  /** What was last counted of them. */
  countedBytes: number;
  /** What waits is so slow to leave, in ms, that it is better ended where there is little room. */
  readonly tooLongMs: number;
  /** How long what waits takes where the peer goes on reading as it did of late, in ms; undefined while that is not known. */
  restMs(now: number): number | undefined;
  /** All connections together hold too much, and this one is the slowest: ends it. */
  cut(mostBytes: number): void;
}

/**
 * Bytes that wait for sockets, over all connections of a server. Each may have as many as there is still room for, so
 * that n who take what they can have have a share of one in n + 1 (Choudhury and Hahne, Dynamic Queue Length Thresholds
 * for Shared-Memory Packet Switches, IEEE/ACM Transactions on Networking 6(2), 1998); further answers wait unencoded. Where
 * little room is left the slowest are ended, if they would need too long; where there is none, whoever is slowest.
 */
export class UnsentBudget {
  readonly #mostBytes: number;
  readonly #backlogs = new Set<Backlog>();
  #bytes = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Bytes for which there is room. */
  get roomBytes(): number {
    return this.#mostBytes - this.#bytes;
  }

  /** Counts what waits on a connection by now. */
  count(backlog: Backlog): void {
    const { unsentBytes } = backlog;
    if (unsentBytes > 0) this.#backlogs.add(backlog);
    else this.#backlogs.delete(backlog);
    this.#bytes += unsentBytes - backlog.countedBytes;
    backlog.countedBytes = unsentBytes;
  }

  /** Ends connections while they hold too much. Called by each now and then; one look is enough for all. */
  look(now: number): void {
    if (this.#bytes <= this.#mostBytes * pressure || now === this.#lookedAt) return;
    this.#lookedAt = now;
    for (const backlog of this.#backlogs) this.count(backlog);
    if (this.#bytes > this.#mostBytes * pressure) this.#end(now);
  }

  #end(now: number): void {
    const least = (this.#bytes / this.#backlogs.size) * noticeable;
    const slowest = [...this.#backlogs]
      .filter(({ countedBytes }) => countedBytes >= least)
      .map((backlog) => ({ backlog, restMs: backlog.restMs(now) ?? 0 }))
      .filter(({ restMs }) => restMs > 0)
      .sort((one, other) => other.restMs - one.restMs);
    for (const { backlog, restMs } of slowest) {
      const enough = restMs < backlog.tooLongMs ? this.#mostBytes : this.#mostBytes * pressure;
      if (this.#bytes <= enough) return;
      backlog.cut(this.#mostBytes);
      this.count(backlog);
    }
  }
}
