import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom, type TestCandidate, tally, testCall, testCandidate } from "@rpc/core/testing";
import fc from "fast-check";
import { leastPending, leastPendingWith } from "./least-pending.js";

const pickerOf = (ready: readonly TestCandidate[], seed = 3) => leastPendingWith(seededRandom(seed))()(ready);

describe("leastPending", () => {
  test("of up to 32 none that has fewer pending for its weight is passed over", () => {
    const figures = fc.record({ pending: fc.nat(50), weight: fc.integer({ min: 1, max: 9 }) });
    fc.assert(
      fc.property(fc.array(figures, { minLength: 1, maxLength: 32 }), fc.integer({ min: 1, max: 999 }), (of, seed) => {
        const ready = of.map((each, i) => testCandidate(`e${i}`, each));
        const { pending, endpoint } = pickerOf(ready, seed)(testCall());
        const least = Math.min(...of.map((each) => each.pending / each.weight));
        assert.equal(pending / endpoint.weight, least);
      }),
    );
  });

  test("calls that do not end spread so that none has two more than another", () => {
    const ready = Array.from({ length: 32 }, (_, i) => testCandidate(`e${i}`));
    const pick = pickerOf(ready);
    for (let call = 0; call < 1_000; call++) (pick(testCall()) as TestCandidate).pending++;
    const pending = ready.map((each) => each.pending);
    assert.ok(Math.max(...pending) - Math.min(...pending) <= 1);
  });

  test("of ten thousand the busy ones are hardly ever taken, and all idle ones are", () => {
    const ready = Array.from({ length: 10_000 }, (_, i) => testCandidate(`e${i}`, { pending: i % 2 === 0 ? 9 : 0 }));
    const counts = tally(pickerOf(ready), 100_000);
    let busy = 0;
    for (const [id, count] of counts) if (Number(id.slice(1)) % 2 === 0) busy += count;
    assert.ok(busy < 1_000, `${busy} of 100000 calls to busy ones`);
    assert.ok(counts.size > 5_000);
  });

  test("while all are idle the shares are the weights'", () => {
    for (const n of [3, 60]) {
      const ready = Array.from({ length: n }, (_, i) => testCandidate(`e${i}`, { weight: i === 0 ? n - 1 : 1 }));
      const share = (tally(pickerOf(ready), 20_000).get("e0") ?? 0) / 20_000;
      assert.ok(Math.abs(share - 0.5) < 0.02, `half of all weight got ${share} of ${n}`);
    }
  });

  test("without a source of chance given, every endpoint gets calls", () => {
    assert.equal(tally(leastPending()([testCandidate("a"), testCandidate("b"), testCandidate("c")]), 1_000).size, 3);
  });
});
