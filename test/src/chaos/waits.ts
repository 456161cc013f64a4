import { readFileSync } from "node:fs";
import { machineMs } from "./machine-time.js";

/** How often it is looked, in ms. */
const everyMs = 50;
/** A timer that is late by less, in ms, is late by itself. */
const lateMs = 5;

/** How long the machine has let a process wait. */
export interface Waits {
  /** Returns how long it waited between two times of the machine, in ms, to the nearest twentieth of a second. */
  within(fromMs: number, toMs: number): number;
}

/**
 * Takes down how long this process wants a processor and has none, from now on. Linux says so; elsewhere, and of one that is
 * `idle`, it is told by timers that come late, which also shows a machine that stands still itself.
 */
export function openWaits({ idle = false } = {}): Waits {
  const at: number[] = [];
  const waitedMs: number[] = [];
  let lastAt = machineMs();
  let queuedMs = idle ? undefined : inQueueMs();
  const look = (): void => {
    const now = machineMs();
    const nowQueuedMs = queuedMs === undefined ? undefined : inQueueMs();
    const late = now - lastAt - everyMs;
    at.push(now);
    waitedMs.push(nowQueuedMs === undefined ? (late > lateMs ? late : 0) : nowQueuedMs - queuedMs!);
    lastAt = now;
    queuedMs = nowQueuedMs;
  };
  setInterval(look, everyMs).unref();
  return {
    within: (fromMs, toMs) =>
      waitedMs.reduce((sum, ms, sample) => (at[sample]! > fromMs && at[sample]! <= toMs + everyMs ? sum + ms : sum), 0),
  };
}

/** How long the main thread has stood in the queue for a processor since it was started, in ms; undefined where nobody knows. */
function inQueueMs(): number | undefined {
  try {
    return Number(readFileSync("/proc/self/schedstat", "utf8").split(" ")[1]) / 1e6;
  } catch {
    return undefined;
  }
}
