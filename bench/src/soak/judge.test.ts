import assert from "node:assert/strict";
import { test } from "node:test";
import { estimateSlope } from "../statistics/median.js";
import { seededRandom } from "../statistics/random.js";
import { isFlat, unexpected } from "./judge.js";

const growth = (bytesAt: (look: number) => number) => {
  const points = Array.from({ length: 8 }, (_, look) => ({ x: look * 5_000, y: bytesAt(look) }));
  return {
    bytesPerCall: estimateSlope(points, seededRandom(1)),
    firstBytes: bytesAt(0),
    lastBytes: bytesAt(7),
    looks: points.length,
  };
};

test("a heap that goes up and down is flat, and one that gains a hundred bytes a call is not, for all its noise", () => {
  const noise = (look: number): number => ((look * 7_919) % 5) * 60_000;
  assert.equal(isFlat(growth((look) => 9e6 + noise(look))), true);
  assert.equal(isFlat(growth((look) => 9e6 - 10_000 * look)), true);
  assert.equal(isFlat(growth((look) => 9e6 + noise(look) + look * 5_000 * 100)), false);
  assert.equal(isFlat(growth((look) => 9e6 + (look === 7 ? 0 : look * 10_000))), true);
});

test("calls may end as they were made to, a few of them by a machine that stood still, and no other way", () => {
  const usual = { ok: 9_000, "cancelled CANCELLED": 990 };
  assert.deepEqual(unexpected(usual), []);
  assert.deepEqual(unexpected({ ...usual, "resource_exhausted OVERLOADED": 10 }), []);
  assert.deepEqual(unexpected({ ...usual, "resource_exhausted OVERLOADED": 100 }), ["resource_exhausted OVERLOADED"]);
  assert.deepEqual(unexpected({ ...usual, "internal NO_STREAM_RETURNED": 1 }), ["internal NO_STREAM_RETURNED"]);
});
