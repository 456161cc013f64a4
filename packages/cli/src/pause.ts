import type { Clock } from "@rpc/core";

/** Resolves after so many ms, when the signal aborts, or with `until`. */
export function pause(ms: number, clock: Clock, signal: AbortSignal, until?: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.setTimer(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
    void until?.then(done);
  });
}
