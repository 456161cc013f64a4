import { type Balancer, type Candidate, checkOptions } from "@rpc/core";
import { type Again, preferring, type SpillOptions } from "./preferring.js";

export interface NearestOptions extends SpillOptions {
  /** How much farther than the nearest an endpoint may be and count as near too, in ms. Defaults to 2. */
  readonly spreadMs?: number;
}

/** Calls after which distances are looked at again: they change when ways do, and that is seldom. */
const againCalls = 1_024;

/**
 * The nearest endpoints by measured latency, by `inner`: those whose shortest answer so far, the hello's included, took
 * at most `spreadMs` longer than the nearest one's. How busy a server is does not make it far; that is `inner`'s to
 * heed, and `pendingAbove`'s. For what is in one region without tags that say so: `nearest(p2cPeakEwma)`.
 */
export const nearest = (inner: Balancer, options: NearestOptions = {}): Balancer => {
  const { spreadMs = 2, ...spill } = options;
  checkOptions("nearest", { spreadMs }, { spreadMs: "number" });
  const holds: Again["holds"] = (chosen, ready) => stillNear(chosen, ready, spreadMs);
  return preferring("nearest", (ready) => near(ready, spreadMs), inner, spill, { calls: againCalls, holds });
};

/** Whether `near` would return the same. */
function stillNear(chosen: readonly Candidate[], ready: readonly Candidate[], spreadMs: number): boolean {
  let least = Number.POSITIVE_INFINITY;
  for (let place = 0; place < ready.length; place++) {
    const { distanceMs } = ready[place]!;
    if (distanceMs > 0 && distanceMs < least) least = distanceMs;
  }
  let known = 0;
  for (let place = 0; place < ready.length; place++) {
    const candidate = ready[place]!;
    const { distanceMs } = candidate;
    if (distanceMs > 0 && distanceMs <= least + spreadMs && candidate !== chosen[known++]) return false;
  }
  return known === chosen.length;
}

function near(ready: readonly Candidate[], spreadMs: number): readonly Candidate[] {
  let least = Number.POSITIVE_INFINITY;
  for (const { distanceMs } of ready) if (distanceMs > 0 && distanceMs < least) least = distanceMs;
  return ready.filter(({ distanceMs }) => distanceMs > 0 && distanceMs <= least + spreadMs);
}
