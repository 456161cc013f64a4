import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { balancerSuite, seededRandom, tally, testCandidate } from "@rpc/core/testing";
import { random, randomWith } from "./random.js";

balancerSuite("random", randomWith);

describe("random", () => {
  test("each endpoint gets the share that its weight says", () => {
    const weights = [1, 0.5, 3, 0, 10];
    const ready = weights.map((weight, i) => testCandidate(`w${i}`, { weight }));
    const calls = 50_000;
    const counts = tally(randomWith(seededRandom(21))()(ready), calls);
    assert.equal(counts.get("w3"), undefined);
    let chiSquare = 0;
    for (const [i, weight] of weights.entries()) {
      const expected = (calls * weight) / 14.5;
      if (weight > 0) chiSquare += ((counts.get(`w${i}`) ?? 0) - expected) ** 2 / expected;
    }
    assert.ok(chiSquare < 20, `chi-square ${chiSquare} for ${JSON.stringify([...counts])}`);
  });

  test("the least and the greatest numbers that chance can give pick an endpoint, weights or not", () => {
    for (const weight of [1, 0.1]) {
      const ready = [testCandidate("a"), testCandidate("b", { weight })];
      assert.equal(tally(randomWith(() => 0)()(ready), 1).get("a"), 1);
      assert.equal(tally(randomWith(() => 1 - 2 ** -53)()(ready), 1).get("b"), 1);
    }
  });

  test("pending calls and latency do not matter to it", () => {
    const ready = [testCandidate("slow", { pending: 100, latencyMs: 1_000 }), testCandidate("a")];
    const counts = tally(randomWith(seededRandom(4))()(ready), 10_000);
    assert.ok(Math.abs((counts.get("slow") ?? 0) - 5_000) < 300, JSON.stringify([...counts]));
  });

  test("without a source of chance given, every endpoint gets calls", () => {
    assert.equal(tally(random()([testCandidate("a"), testCandidate("b"), testCandidate("c")]), 1_000).size, 3);
  });
});
