import type { Estimate } from "./median.js";

/** What a figure must reach, and what it should. */
export interface Goal {
  /** `atLeast`: more is better. `atMost`: less is better. `below`: less is better, and `must` itself is not enough. */
  readonly kind: "atLeast" | "atMost" | "below";
  readonly must: number;
  readonly aim: number;
}

/**
 * `met`: the median reaches it. `missed`: the whole interval lies on its wrong side. `open`: the interval reaches it and
 * the median does not, so that it is not missed, and more rounds would tell.
 */
export type Verdict = "met" | "open" | "missed";

/** Returns what a figure is to both of its bars. Noise alone never makes one missed. */
export function judge({ kind, must, aim }: Goal, estimate: Estimate): { must: Verdict; aim: Verdict } {
  const least: Test = (value, bar) => value >= bar;
  const most: Test = (value, bar) => value <= bar;
  const below: Test = (value, bar) => value < bar;
  if (kind === "atLeast") return { must: judgeBar(least, must, estimate), aim: judgeBar(least, aim, estimate) };
  return { must: judgeBar(kind === "below" ? below : most, must, estimate), aim: judgeBar(most, aim, estimate) };
}

type Test = (value: number, bar: number) => boolean;

/** NaN, a figure that could not be computed, reaches nothing. */
function judgeBar(reaches: Test, bar: number, { low, median, high }: Estimate): Verdict {
  if (reaches(median, bar)) return "met";
  return reaches(low, bar) || reaches(high, bar) ? "open" : "missed";
}
