import type { Clock } from "@rpc/core";
import { pause } from "../pause.js";

const firstWaitMs = 200;
const longestWaitMs = 5_000;

/**
 * Reads what `open` yields until the signal aborts, and opens it again where it ends or fails: at once it seems to the
 * user, at most every 5 s to a registry that is down. Never rejects.
 */
export async function follow<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  clock: Clock,
  signal: AbortSignal,
  onValue: (value: T) => void,
  onLost: (why: string) => void,
): Promise<void> {
  let waitMs = firstWaitMs;
  while (!signal.aborted) {
    try {
      for await (const value of open(signal)) {
        waitMs = firstWaitMs;
        if (signal.aborted) return;
        onValue(value);
      }
      if (!signal.aborted) onLost("the watch has ended");
    } catch (error) {
      if (!signal.aborted) onLost(error instanceof Error ? error.message : String(error));
    }
    await pause(waitMs, clock, signal);
    waitMs = Math.min(waitMs * 2, longestWaitMs);
  }
}
