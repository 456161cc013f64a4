import type { Clock, Timer } from "../contract/clock.js";

/** Deadlines closer together than this share one look at the clock. */
const granularityMs = 5;

/** Something that expires. */
export interface Expiring {
  /** In ms on the clock's time. */
  readonly deadline: number;
  /** Where the table keeps it, −1 while it does not; written by the table alone. */
  place: number;
  /** Called once, at or up to a few ms after the deadline, after what the network held has been read. */
  expire(): void;
}

/**
 * All deadlines of a process behind one coarse timer, set for the earliest. Adding and taking out is a push and a swap;
 * a call that settles in time costs no timer of its own and leaves nothing behind.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #entries: Expiring[] = [];
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many wait. */
  get size(): number {
    return this.#entries.length;
  }

  /** The time that deadlines are judged by, in ms. */
  now(): number {
    return this.#clock.now();
  }

  add(entry: Expiring): void {
    entry.place = this.#entries.length;
    this.#entries.push(entry);
    // As `roundedUp` would say, and cheaper: the timer's time is a round one.
    if (entry.deadline <= this.#timerAt - granularityMs && entry.deadline < Number.POSITIVE_INFINITY)
      this.#setTimer(entry.deadline);
    // Who awaits a call keeps the process alive; the timer alone, left over from calls that settled, does not.
    if (this.#entries.length === 1) this.#timer?.ref();
  }

  /** Takes an entry out; one that is not in may be taken out too. */
  delete(entry: Expiring): void {
    if (entry.place < 0) return;
    const entries = this.#entries;
    const last = entries.pop()!;
    if (last !== entry) {
      last.place = entry.place;
      entries[entry.place] = last;
    }
    entry.place = -1;
    if (entries.length === 0) this.#timer?.unref();
  }

  /** The deadline of an entry has changed; one that is not in may be named too. */
  renew(entry: Expiring): void {
    const { place, deadline } = entry;
    if (place >= 0 && deadline <= this.#timerAt - granularityMs && deadline < Number.POSITIVE_INFINITY)
      this.#setTimer(deadline);
  }

  #setTimer(deadline: number): void {
    this.#timer?.cancel();
    this.#timerAt = roundedUp(deadline);
    // Node may fire a timer up to a millisecond early.
    const delayMs = Math.max(1, this.#timerAt - this.#clock.now() + 1);
    this.#timer = this.#clock.setTimer(() => this.#clock.afterReads(() => this.#judge()), delayMs);
    if (this.#entries.length === 0) this.#timer.unref();
  }

  #judge(): void {
    const now = this.#clock.now();
    // What expires may lead to new entries, which set the timer for themselves.
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    let earliest = Number.POSITIVE_INFINITY;
    // From the end, so that what a swap moves forward has been looked at.
    for (let index = this.#entries.length - 1; index >= 0; index--) {
      const entry = this.#entries[index];
      if (entry === undefined) continue;
      if (entry.deadline <= now) {
        this.delete(entry);
        entry.expire();
      } else if (entry.deadline < earliest) {
        earliest = entry.deadline;
      }
    }
    if (roundedUp(earliest) < this.#timerAt) this.#setTimer(earliest);
  }
}

function roundedUp(deadline: number): number {
  return Math.ceil(deadline / granularityMs) * granularityMs;
}

const tables = new WeakMap<Clock, Deadlines>();

/** Returns the one table of a clock. */
export function deadlinesOf(clock: Clock): Deadlines {
  let table = tables.get(clock);
  if (table === undefined) {
    table = new Deadlines(clock);
    tables.set(clock, table);
  }
  return table;
}
