import type { Random } from "./random.js";

/** A median with the interval that holds it in 95 of 100 such runs. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** How many values it was made from. */
  readonly count: number;
}

/** How many samples are drawn for an interval: its ends then move by less than a percent between two draws. */
const resamples = 2000;

/** Returns the middle value, or the mean of the two in the middle. NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return sorted.length === 0 ? Number.NaN : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Returns the median with its 95 % interval by the percentile bootstrap: as many values are drawn with replacement as
 * there are, 2,000 times, and the interval is what the middle 95 % of the medians span.
 * Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13. Of one value the interval is the value.
 */
export function estimateMedian(values: readonly number[], random: Random): Estimate {
  return bootstrap(values, median, random);
}

/** Something counted, against what it is counted over. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Returns the slope of y over x, with its interval by the same bootstrap over the points. The slope is the median of
 * those of all pairs of points, so that a wild one does not tilt it: Sen, Estimates of the regression coefficient based
 * on Kendall's tau, JASA 63, 1968.
 */
export function estimateSlope(points: readonly Point[], random: Random): Estimate {
  return bootstrap(points, slope, random);
}

function slope(points: readonly Point[]): number {
  const slopes: number[] = [];
  points.forEach((one, index) => {
    for (const other of points.slice(index + 1)) {
      if (other.x !== one.x) slopes.push((other.y - one.y) / (other.x - one.x));
    }
  });
  return median(slopes);
}

function bootstrap<T>(values: readonly T[], statistic: (values: readonly T[]) => number, random: Random): Estimate {
  const drawn = [...values];
  const found: number[] = [];
  for (let sample = 0; sample < resamples; sample++) {
    for (let i = 0; i < drawn.length; i++) drawn[i] = values[Math.floor(random() * values.length)]!;
    found.push(statistic(drawn));
  }
  // A sample of one point again and again has no slope: it tells nothing, and is left out.
  const sorted = Float64Array.from(found.filter((value) => !Number.isNaN(value))).sort();
  const low = sorted[Math.floor(sorted.length * 0.025)] ?? Number.NaN;
  const high = sorted[Math.ceil(sorted.length * 0.975) - 1] ?? Number.NaN;
  return { median: statistic(values), low, high, count: values.length };
}

/**
 * Returns, for each round in which both were measured, the first's figure over the second's. Neighbours in time share
 * the machine's mood, so that most of its noise cancels within a round.
 */
export function pairedRatios(
  subject: readonly (number | undefined)[],
  baseline: readonly (number | undefined)[],
): number[] {
  const ratios: number[] = [];
  for (let round = 0; round < Math.min(subject.length, baseline.length); round++) {
    const above = subject[round];
    const below = baseline[round];
    if (above !== undefined && below !== undefined && below > 0) ratios.push(above / below);
  }
  return ratios;
}
