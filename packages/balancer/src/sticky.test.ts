import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom, tally, testCandidate } from "@rpc/core/testing";
import { randomWith } from "./random.js";
import { sticky } from "./sticky.js";

const three = () => [testCandidate("a"), testCandidate("b"), testCandidate("c")];
const only = (counts: ReadonlyMap<string, number>): string => {
  assert.equal(counts.size, 1);
  return [...counts.keys()][0]!;
};

describe("sticky", () => {
  test("a client keeps to one endpoint, through lists that come anew, while it is there", () => {
    const listed = sticky(randomWith(seededRandom(4)))();
    const kept = only(tally(listed(three()), 100));
    for (let list = 0; list < 20; list++) assert.equal(only(tally(listed(three()), 10)), kept);
  });

  test("when it is gone, or emptied by an operator, the client takes another and keeps to that", () => {
    const listed = sticky(randomWith(seededRandom(4)))();
    const first = only(tally(listed(three()), 10));
    const second = only(tally(listed(three().filter(({ endpoint }) => endpoint.id !== first)), 10));
    assert.notEqual(second, first);
    assert.equal(only(tally(listed(three()), 10)), second);
    const emptied = three().map(({ endpoint: { id } }) => testCandidate(id, { weight: id === second ? 0 : 1 }));
    assert.notEqual(only(tally(listed(emptied), 10)), second);
  });

  test("a call that failed there or is pinned goes elsewhere, and the next one stays", () => {
    const pick = sticky(randomWith(seededRandom(4)))()(three());
    const kept = only(tally(pick, 10));
    assert.equal(tally(pick, 50, { except: [kept] }).has(kept), false);
    const other = ["a", "b", "c"].find((id) => id !== kept)!;
    assert.equal(only(tally(pick, 10, { only: other })), other);
    assert.equal(only(tally(pick, 10)), kept);
    assert.equal(only(tally(pick, 10, { key: "k" })), kept);
  });

  test("a thousand clients do not all keep to the same one", () => {
    const random = seededRandom(6);
    const counts = new Map<string, number>();
    for (let client = 0; client < 1_000; client++) {
      const id = only(tally(sticky(randomWith(random))()(three()), 1));
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    for (const id of ["a", "b", "c"])
      assert.ok(Math.abs((counts.get(id) ?? 0) - 333) < 80, JSON.stringify([...counts]));
  });
});
