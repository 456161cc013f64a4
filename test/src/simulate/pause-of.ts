import type { SimulatedProcess } from "@rpc/core/testing";

/** Resolves after so many ms of a process's time, none included; rejects with the signal's reason where it aborts first. */
export async function pauseOf(process: SimulatedProcess, ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms <= 0) return;
  await new Promise<void>((resolve, reject) => {
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
