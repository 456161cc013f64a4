import { setTimeout as delay } from "node:timers/promises";

/** A span in which this process should have run and did not, on performance.now()'s clock. */
export interface Stall {
  readonly from: number;
  readonly to: number;
}

const everyMs = 1;
const stallMs = 5;
/** In a stall of its own making a process uses a processor all the time; with less than this share it was kept from one. */
const ownShare = 0.5;

/**
 * Watches for stalls that the machine caused: a millisecond's timer that came 5 ms late though this process used less than
 * half a processor meanwhile. What our own code holds up is no stall in this sense, and counts.
 */
export function watchStalls(): { end(): Promise<readonly Stall[]> } {
  const stalls: Stall[] = [];
  let isOn = true;
  const watch = async (): Promise<void> => {
    let at = performance.now();
    let cpuMs = cpuUsedMs();
    while (isOn) {
      await delay(everyMs);
      const now = performance.now();
      const usedMs = cpuUsedMs();
      if (now - at > stallMs && usedMs - cpuMs < ownShare * (now - at)) stalls.push({ from: at, to: now });
      at = now;
      cpuMs = usedMs;
    }
  };
  const watching = watch();
  return {
    async end() {
      isOn = false;
      await watching;
      return stalls;
    },
  };
}

function cpuUsedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
