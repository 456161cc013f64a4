import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { SeedResult } from "./run-seed.js";

/** What a range of seeds came to. */
export interface Totals {
  seeds: number;
  events: number;
  calls: number;
  readonly endings: Record<string, number>;
  readonly broken: SeedResult[];
}

function noTotals(): Totals {
  return { seeds: 0, events: 0, calls: 0, endings: {}, broken: [] };
}

/** Adds a seed's result. */
function count(totals: Totals, result: SeedResult): void {
  totals.seeds++;
  totals.events += result.events;
  totals.calls += result.calls;
  for (const [ending, times] of Object.entries(result.endings)) {
    totals.endings[ending] = (totals.endings[ending] ?? 0) + times;
  }
  if (result.violations.length > 0) totals.broken.push(result);
}

/** Runs seeds in several processes, each taking every n-th of them. Rejects where one of them ends before its time. */
export async function runInProcesses(from: number, seeds: number, workers: number): Promise<Totals> {
  const totals = noTotals();
  await Promise.all(
    Array.from({ length: workers }, (_, worker) => {
      const child = fork(
        fileURLToPath(new URL("worker.js", import.meta.url)),
        [from, seeds, workers, worker].map(String),
      );
      child.on("message", (result) => count(totals, result as SeedResult));
      return ended(child, worker);
    }),
  );
  return totals;
}

function ended(child: ChildProcess, worker: number): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`worker ${worker} ended with ${signal ?? code}`));
    });
  });
}
