import { AsyncResource } from "node:async_hooks";
import type { Clock, Timer } from "../../contract/clock.js";
import { type Happening, Rank, type VirtualTime } from "./virtual-time.js";

/** Node fires nothing earlier. */
const shortestDelayMs = 1;
const longestDelayMs = 2 ** 31 - 1;

const outside = new AsyncResource("rpc.cluster");

/** Whether code of a process runs: a stopped one goes on later where it was, one that is gone never does. */
export type Running = "running" | "stopped" | "gone";

/** Timers and turns as one process sees them. Its time began at another moment than that of the others. */
export class ProcessClock implements Clock {
  readonly #time: VirtualTime;
  readonly #name: string;
  readonly #offsetMs: number;
  readonly #timers = new Set<ProcessTimer>();
  /** What came due while the process was stopped, in order. */
  readonly #held: { readonly rank: Rank; readonly what: string; readonly run: () => void }[] = [];
  #running: Running = "running";

  constructor(time: VirtualTime, name: string, offsetMs: number) {
    this.#time = time;
    this.#name = name;
    this.#offsetMs = offsetMs;
  }

  get running(): Running {
    return this.#running;
  }

  /** Timers that are set and have not fired. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Those of them that would keep the process alive. */
  get keepingAlive(): number {
    return [...this.#timers].filter(({ held }) => held).length;
  }

  now(): number {
    return this.#time.now + this.#offsetMs;
  }

  setTimer(run: () => void, delayMs: number): Timer {
    const timer = new ProcessTimer(this.#timers);
    const delay = delayMs > shortestDelayMs ? Math.min(delayMs, longestDelayMs) : shortestDelayMs;
    if (this.#running === "gone") return timer;
    timer.happening = this.#later(delay, Rank.timer, "timer", () => {
      if (this.#timers.delete(timer)) run();
    });
    this.#timers.add(timer);
    return timer;
  }

  atEndOfTurn(run: () => void): void {
    outside.runInAsyncScope(process.nextTick, process, () => {
      if (this.#running !== "gone") run();
    });
  }

  afterReads(run: () => void): void {
    this.#later(0, Rank.afterReads, "after reads", run);
  }

  /** Lets `run` happen in this process: not before it goes on where it is stopped, never once it is gone. */
  turn(rank: Rank, what: string, run: () => void): void {
    this.#later(0, rank, what, run);
  }

  stop(): void {
    if (this.#running === "running") this.#running = "stopped";
  }

  /** Lets everything that came due happen now: timers first, then what was read. */
  goOn(): void {
    if (this.#running !== "stopped") return;
    this.#running = "running";
    for (const { rank, what, run } of this.#held.splice(0)) this.turn(rank, what, run);
  }

  end(): void {
    this.#running = "gone";
    for (const { happening } of this.#timers) if (happening !== undefined) happening.cancelled = true;
    this.#timers.clear();
    this.#held.length = 0;
  }

  #later(delayMs: number, rank: Rank, what: string, run: () => void): Happening {
    return this.#time.after(delayMs, rank, `${this.#name}: ${what}`, () => {
      if (this.#running === "running") run();
      else if (this.#running === "stopped") this.#held.push({ rank, what, run });
    });
  }
}

class ProcessTimer implements Timer {
  happening: Happening | undefined;
  held = true;
  readonly #timers: Set<ProcessTimer>;

  constructor(timers: Set<ProcessTimer>) {
    this.#timers = timers;
  }

  cancel(): void {
    this.#timers.delete(this);
    if (this.happening !== undefined) this.happening.cancelled = true;
  }

  ref(): void {
    this.held = true;
  }

  unref(): void {
    this.held = false;
  }
}
