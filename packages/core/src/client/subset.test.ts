import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { endpointAt } from "./listed-registry.fixture.js";
import { indexOf, subsetOf } from "./subset.js";

const endpoints = (n: number) => Array.from({ length: n }, (_, i) => endpointAt(`memory://e${i}`));
const ids = (of: ReturnType<typeof endpoints>, size: number, index: number): string[] =>
  subsetOf(of, size, index).map(({ id }) => id);

/** How many clients each endpoint has. */
function clientsOf(n: number, size: number, indexes: readonly number[]): number[] {
  const counts = new Map(endpoints(n).map(({ id }) => [id, 0]));
  for (const index of indexes) for (const id of ids(endpoints(n), size, index)) counts.set(id, counts.get(id)! + 1);
  return [...counts.values()];
}

describe("a subset of a long list", () => {
  test("is the whole list where that is no longer, and else as many different ones, the same each time", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 120 }), fc.nat(), (n, size, index) => {
        const chosen = ids(endpoints(n), size, index);
        assert.equal(new Set(chosen).size, Math.min(n, size));
        assert.deepEqual(ids(endpoints(n).toReversed(), size, index).sort(), chosen.sort());
      }),
      { numRuns: 50 },
    );
  });

  test("clients numbered in a row spread evenly: nobody has twice what another has", () => {
    const counts = clientsOf(
      300,
      100,
      Array.from({ length: 200 }, (_, index) => index),
    );
    assert.ok(
      Math.max(...counts) < 1.2 * (200 / 3) && Math.min(...counts) > 0.8 * (200 / 3),
      `${Math.min(...counts)} to ${Math.max(...counts)}`,
    );
  });

  test("so do clients that were given no number, nearly", () => {
    const indexes = Array.from({ length: 600 }, (_, i) => indexOf(`client-${i}`));
    const counts = clientsOf(300, 100, indexes);
    assert.ok(
      Math.max(...counts) < 1.3 * 200 && Math.min(...counts) > 0.7 * 200,
      `${Math.min(...counts)} to ${Math.max(...counts)}`,
    );
  });

  test("when one of the list goes or comes, a client changes one of its own, or none", () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(299), (index, gone) => {
        const before = new Set(ids(endpoints(300), 50, index));
        const after = ids(endpoints(300).toSpliced(gone, 1), 50, index);
        const changed = after.filter((id) => !before.has(id)).length;
        assert.ok(changed <= 1, `${changed} changed`);
      }),
    );
  });
});
