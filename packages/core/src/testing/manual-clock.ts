import type { Clock, Timer } from "../contract/clock.js";

/** Node fires nothing earlier, and a timer that sets itself again for no time at all must not stop time. */
const shortestDelayMs = 1;
/** As on the process's own clock. */
const longestDelayMs = 2 ** 31 - 1;

/** A clock whose time stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Timers that are set and have not fired. */
  readonly timers: number;
  /**
   * Moves time on by `ms`, 0 or more. Timers that become due run in the order of their times, those of one time in the
   * order in which they were set, each at its own time; before the first, between any two and after the last everything
   * that waits for no timer has happened, as `settle` says. Rejects with what a timer throws; time then stands where it
   * was thrown.
   */
  advance(ms: number): Promise<void>;
  /**
   * Resolves when all that waits for no timer has happened: promise reactions, ticks, and with them everything between
   * the two ends of memory streams. What waits for the network, the disk or a child process is not waited for.
   */
  settle(): Promise<void>;
}

/**
 * Returns a clock for tests: give it to `connect` and `serve` together with one memory transport, and a cluster of any
 * size runs in one process, through hours in milliseconds, the same way every time. Time begins at `startMs`, 0 unless
 * something else is said.
 *
 *     const clock = createManualClock();
 *     const transports = { memory: memoryTransport() };
 *     const server = await serve({ services: [bind(Arith, impl)], listen: "memory://arith", transports, clock });
 *     const connector = connect({ address: server.address, transports, clock });
 *     const answer = connector.client(Arith).slow();
 *     await clock.advance(10_000); // answer has been rejected with deadline_exceeded
 */
export function createManualClock(startMs = 0): ManualClock {
  return new SteppedClock(startMs);
}

class SteppedClock implements ManualClock {
  #now: number;
  /** Sorted by time; those of one time in the order in which they were set. */
  readonly #timers: ManualTimer[] = [];
  #readsAwaited = 0;

  constructor(startMs: number) {
    this.#now = startMs;
  }

  get timers(): number {
    return this.#timers.length;
  }

  now(): number {
    return this.#now;
  }

  setTimer(run: () => void, delayMs: number): Timer {
    const at = this.#now + (delayMs > shortestDelayMs ? Math.min(delayMs, longestDelayMs) : shortestDelayMs);
    const timer = new ManualTimer(at, run, this.#timers);
    this.#timers.splice(placeFor(at, this.#timers), 0, timer);
    return timer;
  }

  atEndOfTurn(run: () => void): void {
    process.nextTick(run);
  }

  afterReads(run: () => void): void {
    this.#readsAwaited++;
    setImmediate(() => {
      this.#readsAwaited--;
      run();
    });
  }

  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`time moves on by 0 ms or more, not by ${ms}`);
    const until = this.#now + ms;
    await this.settle();
    for (let next = this.#timers[0]; next !== undefined && next.at <= until; next = this.#timers[0]) {
      this.#timers.shift();
      this.#now = next.at;
      next.run();
      await this.settle();
    }
    this.#now = until;
  }

  async settle(): Promise<void> {
    // Ticks and reactions that lead to each other all run before the next turn of the event loop.
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.#readsAwaited > 0);
  }
}

class ManualTimer implements Timer {
  readonly at: number;
  readonly run: () => void;
  readonly #timers: ManualTimer[];

  constructor(at: number, run: () => void, timers: ManualTimer[]) {
    this.at = at;
    this.run = run;
    this.#timers = timers;
  }

  cancel(): void {
    const place = this.#timers.indexOf(this);
    if (place >= 0) this.#timers.splice(place, 1);
  }

  /** Nothing of it keeps a process alive. */
  ref(): void {}

  unref(): void {}
}

/** Returns where a timer belongs: behind all that fire at its time or before. */
function placeFor(at: number, timers: readonly ManualTimer[]): number {
  let low = 0;
  let high = timers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timers[middle]!.at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
