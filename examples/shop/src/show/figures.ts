import { createHistogram } from "node:perf_hooks";
import type { Figures } from "./messages.js";

/** Counts calls that were settled. */
export interface Tally {
  /** A call was settled after so many ms, counted from when it was sent. */
  settled(latencyMs: number): void;
  /** A server answered, at the so manyth attempt. */
  answered(server: string, attempts: number): void;
  failed(attempts: number): void;
  figures(): Figures;
}

/** Returns an empty tally. */
export function createTally(): Tally {
  const latency = createHistogram();
  const answeredBy: Record<string, number> = {};
  let calls = 0;
  let failed = 0;
  let retried = 0;

  const ms = (microseconds: number) => (calls === 0 ? 0 : microseconds / 1_000);
  return {
    settled: (latencyMs) => {
      calls++;
      latency.record(Math.max(1, Math.round(latencyMs * 1_000)));
    },
    answered: (server, attempts) => {
      answeredBy[server] = (answeredBy[server] ?? 0) + 1;
      if (attempts > 1) retried++;
    },
    failed: (attempts) => {
      failed++;
      if (attempts > 1) retried++;
    },
    figures: () => ({
      calls,
      failed,
      retried,
      latencyMs: { p50: ms(latency.percentile(50)), p99: ms(latency.percentile(99)), max: ms(latency.max) },
      answeredBy: { ...answeredBy },
    }),
  };
}
