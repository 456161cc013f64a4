import type { Clock } from "../contract/clock.js";

/** Resolves after a while, or when `signal` aborts. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      signal.removeEventListener("abort", done);
      timer.cancel();
      resolve();
    };
    const timer = clock.setTimer(done, delayMs);
    signal.addEventListener("abort", done);
  });
}
