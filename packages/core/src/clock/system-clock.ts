import type { Clock, Timer } from "../contract/clock.js";

/** Above this Node fires a timer at once. */
const maxDelayMs = 2 ** 31 - 1;

/** Returns the clock of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer(run, delayMs) {
    return new SystemTimer(setTimeout(run, Math.min(delayMs, maxDelayMs)));
  },
  // A tick asked for by a promise reaction runs once no reaction is left: the whole turn's frames leave in one write.
  atEndOfTurn: (run) => process.nextTick(run),
  // Timers, then reads, then immediates: what the network holds has been read when this runs.
  afterReads: (run) => {
    setImmediate(run);
  },
};

class SystemTimer implements Timer {
  readonly #timeout: NodeJS.Timeout;

  constructor(timeout: NodeJS.Timeout) {
    this.#timeout = timeout;
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  ref(): void {
    this.#timeout.ref();
  }

  unref(): void {
    this.#timeout.unref();
  }
}
