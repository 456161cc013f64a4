import type { Clock } from "../contract/clock.js";
import { tickMs } from "./ticker.js";

/** A read of this many bytes filled the buffer it was read into: more may have been waiting behind it. */
const fullReadBytes = 65_536;
/**
 * What is left is read in this turn of the loop or in the next. After a stall more is on its way where our buffer was
 * full: it waited in the peer's kernel, and comes in pieces, with turns between them in which nothing is read.
 */
const pollsOfHeldUp = 20;
const heldUpMs = 100;
/**
 * More than the kernels of both ends hold of one connection: Linux lets its buffers grow to 6 and 4 MiB (tcp_rmem,
 * tcp_wmem). What is read after this many bytes was not there yet when they began to be read.
 */
const kernelBytes = 16_777_216;
/** How often the clock is looked at while there is something to read, in ms, and how late a look may come in a healthy loop. */
const lookMs = 10;
const lateMs = 15;
/** The same while there is not. */
const idleMs = tickMs;
const idleLateMs = 60;
/** Looks without a read between them after which there is nothing to read, it seems. */
const looksToIdle = 100;

/** When this process was last seen to be awake: what stops it, a handler or a signal, also stops who looks at the clock. */
class Awake {
  /** How often the network has been read since a stall or a full read. */
  polls = 0;
  readonly #clock: Clock;
  #seenAt: number;
  #looking = false;
  #quietLooks = 0;
  /** When the stall at hand began, until all has been read that it held up. */
  #stalledAt = -1;
  #polling = false;
  #countTo = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#seenAt = clock.now();
  }

  /** Returns when what is read now had arrived at the earliest. */
  read(now: number): number {
    this.#quietLooks = 0;
    if (this.#stalledAt >= 0) return this.#stalledAt;
    if (this.#overslept(now)) return this.#stalledAt;
    this.#look();
    return now;
  }

  /** Says that the loop goes round; called after what there was has been read. */
  look(now: number): void {
    // Where the stall came between the reading and this look, what it held up is read the next time.
    if (this.#stalledAt < 0) this.#overslept(now);
  }

  #overslept(now: number): boolean {
    const seenAt = this.#seenAt;
    this.#seenAt = now;
    if (now - seenAt <= (this.#looking ? lookMs + lateMs : idleMs + idleLateMs)) return false;
    this.#stalledAt = seenAt;
    this.countPolls(this.polls + 1);
    return true;
  }

  /** Counts how often the network is read, up to a count of so many. */
  countPolls(to: number): void {
    if (to > this.#countTo) this.#countTo = to;
    if (this.#polling) return;
    this.#polling = true;
    this.#clock.afterReads(() => {
      this.#polling = false;
      this.polls++;
      this.#stalledAt = -1;
      // Between those reads and now it may have been held up again.
      this.#overslept(this.#clock.now());
      if (this.polls < this.#countTo) this.countPolls(0);
    });
  }

  #look(): void {
    if (this.#looking) return;
    this.#looking = true;
    const look = (): void => {
      this.look(this.#clock.now());
      this.#quietLooks++;
      if (this.#quietLooks > looksToIdle) this.#looking = false;
      else this.#setTimer(look);
    };
    this.#setTimer(look);
  }

  #setTimer(look: () => void): void {
    // Timers come before reads: a look that woke up late must not hide that from them.
    this.#clock.setTimer(() => this.#clock.afterReads(look), lookMs).unref();
  }
}

const awakes = new WeakMap<Clock, Awake>();

/**
 * When what a connection reads had arrived at the earliest: now, while the loop goes round; the start of a stall of this
 * process after one, for all that lay in the kernel meanwhile; and as early as the read before, where that one left
 * something behind.
 */
export class ArrivalTimes {
  readonly #awake: Awake;
  #leftAt = 0;
  /** Until which count of polls something may be left; −1 where the socket was read empty. */
  #leftUntil = -1;
  #heldUpUntil = 0;
  /** When the bytes began to be counted after which `#leftAt` is too early to be true. */
  #countedAt = 0;
  #counted = 0;

  constructor(clock: Clock) {
    let awake = awakes.get(clock);
    if (awake === undefined) {
      awake = new Awake(clock);
      awakes.set(clock, awake);
    }
    this.#awake = awake;
  }

  /** Returns when bytes that are read at `now` had arrived, in ms on the clock. */
  read(now: number, bytes: number): number {
    const awake = this.#awake;
    const arrivedAt = awake.read(now);
    const full = bytes >= fullReadBytes;
    if (this.#leftUntil < 0 && !full) return arrivedAt;
    const left = awake.polls <= this.#leftUntil;
    if (left) this.#count(now, bytes);
    else this.#countFrom(now);
    const earliest = left ? Math.min(arrivedAt, this.#leftAt) : arrivedAt;
    if (full && earliest < now) this.#heldUpUntil = now + heldUpMs;
    const heldUp = now < this.#heldUpUntil;
    if (full || (left && heldUp)) {
      this.#leftAt = earliest;
      this.#leftUntil = awake.polls + (heldUp ? pollsOfHeldUp : 1);
      awake.countPolls(this.#leftUntil + 1);
    } else {
      this.#leftUntil = -1;
    }
    return earliest;
  }

  /** Who sends without a pause is never read empty, and has not sent it all at the beginning. */
  #count(now: number, bytes: number): void {
    this.#counted += bytes;
    if (this.#counted < kernelBytes) return;
    if (this.#countedAt > this.#leftAt) this.#leftAt = this.#countedAt;
    this.#countFrom(now);
  }

  #countFrom(now: number): void {
    this.#countedAt = now;
    this.#counted = 0;
  }

  /** Says that the loop goes round: called every 250 ms or so, after reads. */
  look(now: number): void {
    this.#awake.look(now);
  }
}
