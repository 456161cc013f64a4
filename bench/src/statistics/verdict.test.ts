import assert from "node:assert/strict";
import { test } from "node:test";
import type { Estimate } from "./median.js";
import { type Goal, judge } from "./verdict.js";

const estimate = (low: number, median: number, high: number): Estimate => ({ low, median, high, count: 10 });

const rate: Goal = { kind: "atLeast", must: 1.2, aim: 1.7 };
const latency: Goal = { kind: "atMost", must: 1.2, aim: 1.05 };
const bytes: Goal = { kind: "below", must: 1, aim: 0 };

test("a rate is missed only when its whole interval lies below the bar", () => {
  assert.deepEqual(judge(rate, estimate(1.0, 1.1, 1.19)), { must: "missed", aim: "missed" });
  assert.deepEqual(judge(rate, estimate(1.0, 1.1, 1.2)), { must: "open", aim: "missed" });
  assert.deepEqual(judge(rate, estimate(1.0, 1.2, 1.3)), { must: "met", aim: "missed" });
  assert.deepEqual(judge(rate, estimate(1.3, 1.6, 1.7)), { must: "met", aim: "open" });
  assert.deepEqual(judge(rate, estimate(1.6, 1.7, 1.8)), { must: "met", aim: "met" });
});

test("a latency is missed only when its whole interval lies above the bar", () => {
  assert.deepEqual(judge(latency, estimate(1.21, 1.3, 1.5)), { must: "missed", aim: "missed" });
  assert.deepEqual(judge(latency, estimate(1.2, 1.3, 1.5)), { must: "open", aim: "missed" });
  assert.deepEqual(judge(latency, estimate(1.06, 1.1, 1.3)), { must: "met", aim: "missed" });
  assert.deepEqual(judge(latency, estimate(1.05, 1.1, 1.2)), { must: "met", aim: "open" });
  assert.deepEqual(judge(latency, estimate(0.8, 0.9, 1.1)), { must: "met", aim: "met" });
});

test("bytes that must stay below one are missed at one", () => {
  assert.equal(judge(bytes, estimate(1, 1, 1)).must, "missed");
  assert.equal(judge(bytes, estimate(0.99, 1, 1.5)).must, "open");
  assert.deepEqual(judge(bytes, estimate(0, 0, 0)), { must: "met", aim: "met" });
  assert.deepEqual(judge(bytes, estimate(-2, 0.1, 0.5)), { must: "met", aim: "open" });
});

test("a figure that could not be computed is never taken for a good one", () => {
  const nothing = estimate(Number.NaN, Number.NaN, Number.NaN);
  for (const goal of [rate, latency, bytes]) assert.deepEqual(judge(goal, nothing), { must: "missed", aim: "missed" });
});
