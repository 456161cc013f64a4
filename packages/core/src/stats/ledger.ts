import { ConnectionCounters } from "./connection-counters.js";
import type { ConnectionStats, EndStats } from "./snapshots.js";

/** A connection as its end counts it. */
export interface CountedConnection {
  /** What it has counted by now. */
  counted(): ConnectionCounters;
  stats(): ConnectionStats;
  resetStats(): void;
}

/** The open connections of a client or a server, and what those that are closed came to. */
export class Ledger<C extends CountedConnection> implements Iterable<C> {
  readonly #open = new Set<C>();
  #closed = new ConnectionCounters();
  #ever = 0;
  readonly #now: () => number;
  #since: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#since = now();
  }

  get size(): number {
    return this.#open.size;
  }

  [Symbol.iterator](): Iterator<C> {
    return this.#open.values();
  }

  add(connection: C): void {
    this.#open.add(connection);
    this.#ever++;
  }

  /** The connection is closed: what it came to stays. */
  delete(connection: C): void {
    if (!this.#open.delete(connection)) return;
    const counters = connection.counted();
    counters.close();
    this.#closed.add(counters);
  }

  /** Adds up all connections there were. */
  total(): ConnectionCounters {
    const total = new ConnectionCounters();
    total.add(this.#closed);
    for (const connection of this.#open) total.add(connection.counted());
    return total;
  }

  stats(total: ConnectionCounters): EndStats {
    return {
      sinceMs: this.#now() - this.#since,
      connectionsOpen: this.#open.size,
      connectionsEver: this.#ever,
      total: total.stats(),
      connections: [...this.#open].map((connection) => connection.stats()),
    };
  }

  reset(): void {
    this.#since = this.#now();
    this.#ever = this.#open.size;
    this.#closed = new ConnectionCounters();
    for (const connection of this.#open) connection.resetStats();
  }
}
