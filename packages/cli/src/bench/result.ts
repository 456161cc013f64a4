import type { Measured } from "./run-load.js";
import type { Failures } from "./tally.js";

/** What was asked for. */
export interface Asked {
  /** `Orders.place`. */
  readonly method: string;
  /** An address, or a registry's URL without what it might carry of secrets. */
  readonly target: string;
  readonly connections: number;
  readonly inFlight: number;
  /** Calls a second that were asked for; undefined for a closed loop. */
  readonly rate: number | undefined;
}

/** What `rpc bench --json` prints. Spans in ms. */
export interface BenchResult {
  readonly method: string;
  readonly target: string;
  readonly loop: "open" | "closed";
  /** Calls a second that were asked for; null for a closed loop. */
  readonly rate: number | null;
  readonly inFlight: number;
  readonly connections: number;
  readonly measuredMs: number;
  /** Whether Ctrl-C ended it: the figures are those until then. */
  readonly interrupted: boolean;
  readonly calls: number;
  readonly ok: number;
  readonly failed: number;
  /** Begun and without an outcome. */
  readonly unfinished: number;
  /** Of an open loop: due, and not begun since too many were in flight. */
  readonly notBegun: number;
  /** Calls that did not fail, a second. */
  readonly okPerSecond: number;
  /** Of the calls that did not fail; of an open loop, from when they were due. */
  readonly latency: Percentiles;
  /** Of an open loop: by how much calls were begun later than they were due; null for a closed loop. */
  readonly lag: { readonly p99Ms: number; readonly maxMs: number } | null;
  readonly errors: readonly Failures[];
}

export interface Percentiles {
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** Returns what a run came to, as it is printed. */
export function resultOf(asked: Asked, { tally, measuredMs, interrupted, unfinished, ending }: Measured): BenchResult {
  const { latency } = tally;
  return {
    method: asked.method,
    target: asked.target,
    loop: asked.rate === undefined ? "closed" : "open",
    rate: asked.rate ?? null,
    inFlight: asked.inFlight,
    connections: asked.connections,
    measuredMs: Math.round(measuredMs),
    interrupted,
    calls: tally.ok + tally.failed + unfinished,
    ok: tally.ok,
    failed: tally.failed,
    unfinished,
    notBegun: ending.notBegun,
    okPerSecond: measuredMs > 0 ? rounded((tally.ok * 1_000) / measuredMs) : 0,
    latency: {
      meanMs: rounded(latency.meanMs),
      p50Ms: rounded(latency.quantile(0.5)),
      p90Ms: rounded(latency.quantile(0.9)),
      p99Ms: rounded(latency.quantile(0.99)),
      p999Ms: rounded(latency.quantile(0.999)),
      maxMs: rounded(latency.longestMs),
    },
    lag:
      ending.lag === undefined
        ? null
        : { p99Ms: rounded(ending.lag.quantile(0.99)), maxMs: rounded(ending.lag.longestMs) },
    errors: tally.failures(),
  };
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
