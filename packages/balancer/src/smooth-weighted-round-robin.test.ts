import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom, tally, testCall, testCandidate } from "@rpc/core/testing";
import fc from "fast-check";
import { smoothWeightedRoundRobin, smoothWeightedRoundRobinWith } from "./smooth-weighted-round-robin.js";
import { TurnQueue } from "./turn-queue.js";

const weighted = (weights: readonly number[]) => weights.map((weight, i) => testCandidate(`w${i}`, { weight }));
const manyWeights = fc.array(fc.double({ min: 0.1, max: 100, noNaN: true }), { minLength: 1, maxLength: 20 });

describe("smoothWeightedRoundRobin", () => {
  test("at any time each has had what its weight is due, to within one turn of each other's, whatever the weights", () => {
    fc.assert(
      fc.property(manyWeights, fc.integer({ min: 1, max: 2 ** 31 }), (weights, seed) => {
        const pick = smoothWeightedRoundRobinWith(seededRandom(seed))()(weighted(weights));
        const got = weights.map(() => 0);
        for (let call = 0; call < 500; call++) {
          got[Number(pick(testCall()).endpoint.id.slice(1))]! += 1;
          for (const [i, a] of weights.entries())
            for (const [j, b] of weights.entries())
              assert.ok(got[i]! / a - got[j]! / b <= 1 / a + 1 / b + 1e-6, `${got} of weights ${weights}`);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("a heavy endpoint's turns are spread among the others' instead of following each other", () => {
    const pick = smoothWeightedRoundRobinWith(() => 0.5)()(weighted([5, 1, 1]));
    const turns = Array.from({ length: 70 }, () => pick(testCall()).endpoint.id).join("");
    assert.equal(turns.match(/w0/g)?.length, 50);
    assert.ok(!turns.includes("w0".repeat(7)), turns);
  });

  test("nobody starves, however little it weighs", () => {
    const counts = tally(smoothWeightedRoundRobin()(weighted([1_000, 1])), 3_003);
    assert.deepEqual([counts.get("w1")! >= 2, counts.get("w1")! <= 4], [true, true]);
  });

  test("lists that come anew after every call change nothing of the shares", () => {
    const listed = smoothWeightedRoundRobinWith(seededRandom(5))();
    const counts = new Map<string, number>();
    for (let call = 0; call < 900; call++) {
      const { id } = listed(weighted([6, 2, 1]))(testCall()).endpoint;
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    for (const [id, due] of [
      ["w0", 600],
      ["w1", 200],
      ["w2", 100],
    ] as const)
      assert.ok(Math.abs(counts.get(id)! - due) <= 2, `${id} got ${counts.get(id)}`);
  });

  test("who comes back or weighs more all at once is not paid for what it missed", () => {
    const listed = smoothWeightedRoundRobinWith(() => 0.5)();
    const pick = listed(weighted([1, 1]));
    tally(pick, 1_000);
    const counts = tally(listed([...weighted([1, 1]), testCandidate("new")]), 30);
    assert.ok(counts.get("new")! <= 11, `${counts.get("new")} of 30`);
    const heavier = tally(listed([testCandidate("w0", { weight: 9 }), testCandidate("w1")]), 100);
    assert.ok(Math.abs(heavier.get("w0")! - 90) <= 2);
  });

  test("an endpoint that is new gets less until it is warm", () => {
    const ready = [testCandidate("a"), testCandidate("new", { warmth: 0.1 })];
    assert.equal(tally(smoothWeightedRoundRobinWith(() => 0.5)()(ready), 110).get("new"), 10);
  });

  test("turns are told apart for ever", () => {
    const queue = new TurnQueue(["a", "b"], [2 ** -31, 2 ** -30], () => 0.5);
    const got = [0, 0];
    for (let turn = 0; turn < 300; turn++) got[queue.next()]! += 1;
    assert.deepEqual(got, [100, 200]);
  });
});
