import { AsyncResource } from "node:async_hooks";
import type { Clock, Timer } from "../contract/clock.js";

/** Above this Node fires a timer at once. */
const maxDelayMs = 2 ** 31 - 1;

/** Timers and ticks serve many calls at once: none may run in the context of the one during which it was set. */
const outside = new AsyncResource("rpc.clock");

/** Returns the clock of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer(run, delayMs) {
    return new SystemTimer(outside.runInAsyncScope(setTimeout, undefined, run, Math.min(delayMs, maxDelayMs)));
  },
  // A tick asked for by a promise reaction runs once no reaction is left: the whole turn's frames leave in one write.
  atEndOfTurn: (run) => outside.runInAsyncScope(process.nextTick, process, run),
  // Timers, then reads, then immediates: what the network holds has been read when this runs.
  afterReads: (run) => {
    outside.runInAsyncScope(setImmediate, undefined, run);
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
