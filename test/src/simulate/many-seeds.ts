import { inProcesses } from "../seeds/in-processes.js";
import type { SeedResult } from "./run-seed.js";

/** What a range of seeds came to. */
export interface Totals {
  seeds: number;
  events: number;
  calls: number;
  readonly endings: Record<string, number>;
  readonly broken: SeedResult[];
}

/** Runs seeds in several processes, each taking every n-th of them. Rejects where one of them ends before its time. */
export async function runInProcesses(from: number, seeds: number, workers: number): Promise<Totals> {
  const totals: Totals = { seeds: 0, events: 0, calls: 0, endings: {}, broken: [] };
  const worker = new URL("worker.js", import.meta.url);
  await inProcesses(worker, [from, seeds], workers, (result) => count(totals, result as SeedResult));
  return totals;
}

function count(totals: Totals, result: SeedResult): void {
  totals.seeds++;
  totals.events += result.events;
  totals.calls += result.calls;
  for (const [ending, times] of Object.entries(result.endings)) {
    totals.endings[ending] = (totals.endings[ending] ?? 0) + times;
  }
  if (result.violations.length > 0) totals.broken.push(result);
}
