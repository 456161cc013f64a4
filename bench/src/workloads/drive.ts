import { createHistogram } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { OfferedCalls } from "../subjects/subject.js";
import type { Run, Workload } from "./workloads.js";

/** What one slice of a measurement came to, as its client saw it. */
export interface Slice {
  readonly callsPerSecond: number;
  /** All calls, those before and after the measured window too: what CPU time is divided by. */
  readonly calls: number;
  /** Median and 99th percentile of the latency, in µs; 0 unless it was wanted. */
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface DriveOptions {
  /** How many calls are in flight at any time. */
  readonly inFlight: number;
  /** Span before the measured window, in ms: what was idle gets going. */
  readonly leadInMs: number;
  /** Span of the measured window, in ms. */
  readonly forMs: number;
  readonly withLatency: boolean;
}

/** A window is as long as it takes to answer this many times what is in flight, so that a slow subject's edges do not decide its figure. */
const fewestTurnovers = 4;
const longestStretchMs = 3_000;
const stretchMs = 50;

/** Keeps calls in flight for a while and counts those answered within the measured window. Rejects with the first call's error. */
export async function driveFor(workload: Workload, calls: OfferedCalls, options: DriveOptions): Promise<Slice> {
  const latency = options.withLatency ? createHistogram() : undefined;
  const run: Run = { isOn: true, begun: 0, answered: 0, limit: Number.POSITIVE_INFINITY, latency };
  const lanes = startLanes(workload, calls, run, options.inFlight);
  // A failed lane ends the wait, and the other way round no timer keeps running.
  const stop = new AbortController();
  const window = async (): Promise<number> => {
    await delay(options.leadInMs, undefined, { signal: stop.signal });
    const startedAt = performance.now();
    const answeredBefore = run.answered;
    await delay(options.forMs, undefined, { signal: stop.signal });
    const enough = answeredBefore + fewestTurnovers * options.inFlight;
    while (run.answered < enough && performance.now() - startedAt < options.forMs + longestStretchMs) {
      await delay(stretchMs, undefined, { signal: stop.signal });
    }
    const rate = ((run.answered - answeredBefore) / (performance.now() - startedAt)) * 1000;
    run.isOn = false;
    return rate;
  };
  try {
    const [callsPerSecond] = await Promise.all([window(), lanes]);
    const p50Us = (latency?.percentile(50) ?? 0) / 1000;
    const p99Us = (latency?.percentile(99) ?? 0) / 1000;
    return { callsPerSecond, calls: run.answered, p50Us, p99Us };
  } finally {
    run.isOn = false;
    stop.abort();
  }
}

/** Makes a number of calls. Rejects with the first call's error. */
export async function driveCalls(
  workload: Workload,
  calls: OfferedCalls,
  count: number,
  inFlight: number,
): Promise<void> {
  const run: Run = { isOn: true, begun: 0, answered: 0, limit: count, latency: undefined };
  try {
    await startLanes(workload, calls, run, inFlight);
  } finally {
    run.isOn = false;
  }
}

async function startLanes(workload: Workload, calls: OfferedCalls, run: Run, inFlight: number): Promise<void> {
  await Promise.all(Array.from({ length: inFlight }, () => workload.lane(calls, run)));
}
