import type { Clock } from "../contract/clock.js";

/** How often everybody is asked, in ms. */
export const tickMs = 250;

/** A timer that is late by more than this, in ms, tells of a process that was stopped or busy with something else. */
export const stallMs = 250;

/** Something that wants to be asked now and then whether time has changed anything. */
export interface Ticking {
  /**
   * Called every 250 ms, after what the network holds has been read. `stalledMs`: for how long this process was held up
   * since the last time, so that so much of a silence may be its own; 0 where that is not worth a word.
   */
  tick(now: number, stalledMs: number): void;
}

/** One timer for everything that only needs to know roughly what time it is: a connection's silence, a hello's patience. */
export class Ticker {
  readonly #clock: Clock;
  readonly #members = new Set<Ticking>();
  #running = false;
  #dueAt = 0;
  readonly #judge = (): void => {
    this.#running = false;
    const now = this.#clock.now();
    const lateMs = now - this.#dueAt;
    const stalledMs = lateMs > stallMs ? lateMs : 0;
    try {
      for (const member of this.#members) member.tick(now, stalledMs);
    } finally {
      this.#run();
    }
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many are asked. */
  get size(): number {
    return this.#members.size;
  }

  add(member: Ticking): void {
    this.#members.add(member);
    this.#run();
  }

  delete(member: Ticking): void {
    this.#members.delete(member);
  }

  #run(): void {
    if (this.#running || this.#members.size === 0) return;
    this.#running = true;
    this.#dueAt = this.#clock.now() + tickMs;
    // What is asked about, a socket or a server, keeps the process alive by itself.
    this.#clock.setTimer(() => this.#clock.afterReads(this.#judge), tickMs).unref();
  }
}

const tickers = new WeakMap<Clock, Ticker>();

/** Returns the one ticker of a clock. */
export function tickerOf(clock: Clock): Ticker {
  let ticker = tickers.get(clock);
  if (ticker === undefined) {
    ticker = new Ticker(clock);
    tickers.set(clock, ticker);
  }
  return ticker;
}
