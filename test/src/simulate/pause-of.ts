import type { SimulatedProcess } from "@rpc/core/testing";

/** Resolves after so many ms of a process's time, none included; rejects with the signal's reason where it aborts first. */
export async function pauseOf(process: SimulatedProcess, ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms > 0) await timerOf(process, ms, signal);
}

/** The same, by a timer however short it is. */
export function timerOf(process: SimulatedProcess, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const stopped = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = process.clock.setTimer(() => {
      signal?.removeEventListener("abort", stopped);
      resolve();
    }, ms);
    timer.unref();
    if (signal?.aborted === true) stopped();
    else signal?.addEventListener("abort", stopped, { once: true });
  });
}
