import assert from "node:assert/strict";
import { test } from "node:test";
import { estimateMedian, estimateSlope, median, pairedRatios } from "./median.js";
import { seededRandom, shuffled } from "./random.js";

/** Twelve uniforms make a good enough bell of variance 1. */
function normal(random: () => number): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random();
  return sum;
}

test("the median is the middle one, or the mean of the two in the middle, whatever the order", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 100, 2]), 3);
  assert.equal(median([10, 9, 2, 33, 1]), 9, "numbers are sorted as numbers");
  assert.equal(median([7]), 7);
  assert.ok(Number.isNaN(median([])));
});

test("taking a median leaves the values in their order, so that rounds still pair", () => {
  const values = [3, 1, 2];
  median(values);
  estimateMedian(values, seededRandom(1));
  assert.deepEqual(values, [3, 1, 2]);
});

test("the interval holds the true median in about 95 of 100 runs", () => {
  const random = seededRandom(42);
  const runs = 300;
  let held = 0;
  for (let run = 0; run < runs; run++) {
    const values = Array.from({ length: 20 }, () => 5 + normal(random));
    const { low, high } = estimateMedian(values, random);
    if (low <= 5 && 5 <= high) held++;
  }
  const share = held / runs;
  assert.ok(share > 0.9 && share < 0.99, `it held in ${(share * 100).toFixed(1)} %`);
});

test("the interval surrounds the median and narrows with more rounds", () => {
  const random = seededRandom(7);
  const few = estimateMedian(
    Array.from({ length: 8 }, () => normal(random)),
    random,
  );
  const many = estimateMedian(
    Array.from({ length: 800 }, () => normal(random)),
    random,
  );
  for (const { low, median: middle, high } of [few, many]) assert.ok(low <= middle && middle <= high);
  assert.ok(many.high - many.low < (few.high - few.low) / 3);
  assert.equal(many.count, 800);
});

test("one wild round does not move the median or its interval far", () => {
  const values = [...Array.from({ length: 19 }, (_, index) => 1 + index / 1000), 500];
  const { median: middle, high } = estimateMedian(values, seededRandom(3));
  assert.ok(middle < 1.02 && high < 1.02, `${middle}, ${high}`);
});

test("equal values have an interval without width, and one value is its own", () => {
  assert.deepEqual(estimateMedian([2, 2, 2, 2], seededRandom(1)), { median: 2, low: 2, high: 2, count: 4 });
  assert.deepEqual(estimateMedian([5], seededRandom(1)), { median: 5, low: 5, high: 5, count: 1 });
});

test("no values make an estimate that no target can call reached", () => {
  const { median: middle, low, high } = estimateMedian([], seededRandom(1));
  assert.ok([middle, low, high].every(Number.isNaN));
});

test("a leak is seen as its bytes for each call, through noise and one wild look at the heap", () => {
  const random = seededRandom(11);
  const looks = Array.from({ length: 11 }, (_, look) => ({
    x: look * 100_000,
    y: look * 200_000 + 30_000 * normal(random),
  }));
  looks[4] = { x: 400_000, y: 9e6 };
  const { median: leak, low, high } = estimateSlope(looks, random);
  assert.ok(low <= 2 && 2 <= high && Math.abs(leak - 2) < 0.3, `${low} ${leak} ${high}`);
});

test("a flat heap has a slope whose interval holds zero", () => {
  const random = seededRandom(12);
  const looks = Array.from({ length: 11 }, (_, look) => ({ x: look * 100_000, y: 5e6 + 30_000 * normal(random) }));
  const { low, high } = estimateSlope(looks, random);
  assert.ok(low <= 0 && 0 <= high && high - low < 0.5, `${low} ${high}`);
});

test("looks at one point only have no slope, rather than a good one", () => {
  const { median: none, low } = estimateSlope([{ x: 1, y: 1 }], seededRandom(1));
  assert.ok(Number.isNaN(none) && Number.isNaN(low));
});

test("ratios pair the rounds: what slowed both sides of a round cancels", () => {
  const mood = [1, 0.5, 2, 0.1];
  const subject = mood.map((speed) => 300 * speed);
  const baseline = mood.map((speed) => 200 * speed);
  for (const ratio of pairedRatios(subject, baseline)) assert.ok(Math.abs(ratio - 1.5) < 1e-12);
});

test("a round in which either side failed, or nothing came through, is left out without moving the others", () => {
  assert.deepEqual(pairedRatios([10, undefined, 30, 40], [5, 5, undefined, 10]), [2, 4]);
  assert.deepEqual(pairedRatios([10, 20], [0, 10]), [2]);
  assert.deepEqual(pairedRatios([10, 20, 30], [10]), [1]);
});

test("a seed repeats a run's order, and another seed gives another", () => {
  const items = Array.from({ length: 20 }, (_, index) => index);
  assert.deepEqual(shuffled(items, seededRandom(5)), shuffled(items, seededRandom(5)));
  assert.notDeepEqual(shuffled(items, seededRandom(5)), shuffled(items, seededRandom(6)));
});

test("every subject comes first in a round equally often", () => {
  const random = seededRandom(9);
  const first = new Map<string, number>();
  for (let round = 0; round < 6000; round++) {
    const [name] = shuffled(["a", "b", "c"], random);
    first.set(name!, (first.get(name!) ?? 0) + 1);
  }
  for (const [name, count] of first) assert.ok(Math.abs(count - 2000) < 150, `${name} came first ${count} times`);
  assert.equal(first.size, 3);
});
