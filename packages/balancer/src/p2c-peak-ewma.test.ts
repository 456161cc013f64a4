import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { balancerSuite, seededRandom, type TestCandidate, tally, testCall, testCandidate } from "@rpc/core/testing";
import { p2cPeakEwma, p2cPeakEwmaWith } from "./p2c-peak-ewma.js";

balancerSuite("p2cPeakEwma", p2cPeakEwmaWith);

const pickerOf = (ready: readonly TestCandidate[], seed = 11) => p2cPeakEwmaWith(seededRandom(seed))()(ready);

describe("p2cPeakEwma", () => {
  test("an endpoint ten times slower than the others gets at most one call in a hundred", () => {
    const ready = [testCandidate("a"), testCandidate("b"), testCandidate("slow", { latencyMs: 10 })];
    const counts = simulate(ready, { calls: 20_000, inFlight: 8 });
    assert.ok((counts.get("slow") ?? 0) <= 200, `slow got ${counts.get("slow")} of 20000`);
    for (const id of ["a", "b"]) assert.ok((counts.get(id) ?? 0) > 9_000, `${id} got ${counts.get(id)} of 20000`);
  });

  test("under load an endpoint half as fast still gets calls, until pending × latency is the same for both", () => {
    const ready = [testCandidate("fast"), testCandidate("half", { latencyMs: 2 })];
    const counts = simulate(ready, { calls: 30_000, inFlight: 64 });
    const share = (counts.get("half") ?? 0) / 30_000;
    assert.ok(Math.abs(share - 0.2) < 0.02, `half as fast got ${share} of the calls`);
  });

  test("of two endpoints the one with fewer calls pending is taken", () => {
    const ready = [testCandidate("busy", { pending: 3 }), testCandidate("idle", { pending: 2 })];
    assert.deepEqual(tally(pickerOf(ready), 100), new Map([["idle", 100]]));
  });

  test("a new endpoint gets one call at once, and no second one before it has answered", () => {
    const fresh = testCandidate("new", { latencyMs: 0 });
    const pick = pickerOf([testCandidate("a"), testCandidate("b", { pending: 900, latencyMs: 1_000 }), fresh]);
    let firstAt = -1;
    for (let i = 0; i < 1_000; i++) {
      const candidate = pick(testCall()) as TestCandidate;
      if (candidate !== fresh) continue;
      assert.equal(firstAt, -1, "a second call before the first was answered");
      firstAt = i;
      fresh.pending++;
    }
    assert.ok(firstAt >= 0 && firstAt < 20, `the first call came at ${firstAt}`);
  });

  test("an endpoint that joins under load is not flooded", () => {
    const old = ["a", "b", "c", "d"].map((id) => testCandidate(id, { pending: 200, latencyMs: 5 }));
    const fresh = testCandidate("new", { latencyMs: 0 });
    const pick = pickerOf([...old, fresh]);
    for (let i = 0; i < 500; i++) (pick(testCall()) as TestCandidate).pending++;
    assert.equal(fresh.pending, 1);
  });

  test("where no endpoint has answered yet, a burst spreads evenly", () => {
    const ready = ["a", "b", "c", "d"].map((id) => testCandidate(id, { latencyMs: 0 }));
    const pick = pickerOf(ready);
    for (let i = 0; i < 400; i++) (pick(testCall()) as TestCandidate).pending++;
    for (const { endpoint, pending } of ready) {
      assert.ok(Math.abs(pending - 100) <= 5, `${endpoint.id} got ${pending}`);
    }
  });

  test("with equal cost the shares are the weights', with two endpoints and with four", () => {
    for (const weights of [
      [9, 1],
      [4, 3, 2, 1],
    ]) {
      const ready = weights.map((weight, i) => testCandidate(`w${i}`, { weight }));
      assertShares(tally(pickerOf(ready), 40_000), weights);
    }
  });

  test("with costs that vary from call to call the shares are near the weights'", () => {
    const ready = [9, 3, 1].map((weight, i) => testCandidate(`w${i}`, { weight }));
    const noise = seededRandom(99);
    const pick = pickerOf(ready);
    const counts = new Map<string, number>();
    for (let i = 0; i < 60_000; i++) {
      for (const candidate of ready) candidate.latencyMs = 0.9 + 0.2 * noise();
      const { id } = pick(testCall()).endpoint;
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    for (const [i, share] of [9 / 13, 3 / 13, 1 / 13].entries()) {
      const got = (counts.get(`w${i}`) ?? 0) / 60_000;
      assert.ok(Math.abs(got - share) < 0.15 * share + 0.01, `w${i}: ${got}, weight says ${share}`);
    }
  });

  test("an endpoint that became slow loses its calls however much it weighs", () => {
    const ready = [testCandidate("heavy", { weight: 9, latencyMs: 100 }), testCandidate("light")];
    const share = (tally(pickerOf(ready), 10_000).get("heavy") ?? 0) / 10_000;
    assert.ok(share < 0.01, `heavy and slow got ${share}`);
  });

  test("a measurement that is no number counts as none", () => {
    const ready = [testCandidate("odd", { latencyMs: Number.NaN, pending: 1 }), testCandidate("a")];
    assert.deepEqual(tally(pickerOf(ready), 100), new Map([["a", 100]]));
  });

  test("without a source of chance given, every endpoint gets calls", () => {
    assert.equal(tally(p2cPeakEwma()([testCandidate("a"), testCandidate("b"), testCandidate("c")]), 1_000).size, 3);
  });
});

/**
 * Runs calls on endpoints that each take their latency a call, `inFlight` of them at a time; returns how many each
 * got.
 */
function simulate(ready: readonly TestCandidate[], load: { calls: number; inFlight: number }): Map<string, number> {
  const pick = pickerOf(ready);
  const counts = new Map<string, number>();
  const running: { endsAt: number; candidate: TestCandidate }[] = [];
  let now = 0;
  for (let i = 0; i < load.calls; i++) {
    if (running.length >= load.inFlight) {
      const next = running.reduce((best, one, at) => (one.endsAt < running[best]!.endsAt ? at : best), 0);
      const [ended] = running.splice(next, 1);
      now = ended!.endsAt;
      ended!.candidate.pending--;
    }
    const candidate = pick(testCall()) as TestCandidate;
    candidate.pending++;
    counts.set(candidate.endpoint.id, (counts.get(candidate.endpoint.id) ?? 0) + 1);
    running.push({ endsAt: now + candidate.latencyMs, candidate });
  }
  return counts;
}

function assertShares(counts: ReadonlyMap<string, number>, weights: readonly number[]): void {
  const calls = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let chiSquare = 0;
  for (const [i, weight] of weights.entries()) {
    const expected = (calls * weight) / total;
    chiSquare += ((counts.get(`w${i}`) ?? 0) - expected) ** 2 / expected;
  }
  assert.ok(chiSquare < 20, `chi-square ${chiSquare} for ${JSON.stringify([...counts])}`);
}
