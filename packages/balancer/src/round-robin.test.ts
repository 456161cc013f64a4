import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { balancerSuite, seededRandom, tally, testCall, testCandidate } from "@rpc/core/testing";
import { roundRobin, roundRobinWith } from "./round-robin.js";

balancerSuite("roundRobin", roundRobinWith);

const candidates = (...ids: string[]) => ids.map((id) => testCandidate(id));

describe("roundRobin", () => {
  test("every endpoint has its turn, in the order of the list", () => {
    const pick = roundRobinWith(() => 0)()(candidates("a", "b", "c"));
    assert.deepEqual(picks(pick, 7), ["a", "b", "c", "a", "b", "c", "a"]);
  });

  test("a thousand clients that start together do not all begin with the same endpoint", () => {
    const balancer = roundRobinWith(seededRandom(17));
    const first = new Map<string, number>();
    for (let client = 0; client < 1_000; client++) {
      const { id } = balancer()(candidates("a", "b", "c", "d"))(testCall()).endpoint;
      first.set(id, (first.get(id) ?? 0) + 1);
    }
    for (const id of ["a", "b", "c", "d"])
      assert.ok(Math.abs((first.get(id) ?? 0) - 250) < 60, JSON.stringify([...first]));
  });

  test("a list that comes anew after every call does not keep the same endpoint first", () => {
    const listed = roundRobinWith(() => 0)();
    const got = Array.from({ length: 6 }, () => picks(listed(candidates("a", "b", "c")), 1)[0]);
    assert.deepEqual(got, ["a", "b", "c", "a", "b", "c"]);
  });

  test("a list that became shorter or longer goes on without a gap in the turns", () => {
    const listed = roundRobinWith(() => 0.99)();
    picks(listed(candidates("a", "b", "c", "d", "e")), 8);
    assert.deepEqual(picks(listed(candidates("a", "b")), 4).sort(), ["a", "a", "b", "b"]);
    assert.deepEqual(picks(listed(candidates("a", "b", "c")), 3).sort(), ["a", "b", "c"]);
  });

  test("an endpoint that is new passes turns on until it is warm", () => {
    const ready = [testCandidate("a"), testCandidate("new", { warmth: 0.2 }), testCandidate("c")];
    const counts = tally(roundRobinWith(seededRandom(2))()(ready), 3_000);
    assert.ok(Math.abs(counts.get("new")! - 3_000 / 11) < 60, `new got ${counts.get("new")}`);
  });

  test("weights other than 0 do not change the turns", () => {
    const ready = [testCandidate("a", { weight: 100 }), testCandidate("b", { weight: 0.1 })];
    assert.equal(tally(roundRobin()(ready), 100).get("b"), 50);
  });
});

function picks(pick: ReturnType<ReturnType<typeof roundRobin>>, times: number): string[] {
  return Array.from({ length: times }, () => pick(testCall()).endpoint.id);
}
