/** A timer that was set. */
export interface Timer {
  cancel(): void;
  /** Keeps the process alive until it fires, as a new timer does. */
  ref(): void;
  /** Lets the process end before it fires. */
  unref(): void;
}

/** Time and turns. Passed in everywhere, so that a whole cluster can run on a virtual one. */
export interface Clock {
  /** Monotonic, in ms. */
  now(): number;
  /** Runs `run` once after `delayMs`. Longer than 2^31−1 ms counts as that. */
  setTimer(run: () => void, delayMs: number): Timer;
  /** Runs `run` at the end of this turn of the event loop, when no more promise reactions wait. */
  atEndOfTurn(run: () => void): void;
  /** Runs `run` after the event loop has read what the network holds for this process. */
  afterReads(run: () => void): void;
}

/** Returns a number from 0 up to, not including, 1. */
export type Random = () => number;
