import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Clock, RpcError } from "@rpc/core";
import { createManualClock, type ManualClock } from "@rpc/core/testing";
import { closedLoop } from "./closed-loop.js";
import type { Load } from "./load.js";
import { openLoop } from "./open-loop.js";
import { type Measured, runLoad } from "./run-load.js";

/** Time that stands still is not waited for turn by turn. */
const wait = (run: () => void, ms: number, clock: Clock): void => void clock.setTimer(run, ms);

/** A target whose n-th call, from 0, takes so many ms; it counts how many run at once. */
function target(clock: ManualClock, spanMs: (call: number) => number) {
  const seen = { calls: 0, now: 0, most: 0 };
  const makeCall = async (): Promise<void> => {
    seen.most = Math.max(seen.most, ++seen.now);
    await new Promise<void>((resolve) => void clock.setTimer(resolve, spanMs(seen.calls++)));
    seen.now--;
  };
  return { makeCall, seen };
}

async function run(clock: ManualClock, load: Load, given: { warmUpMs?: number; forMs: number; stopAtMs?: number }) {
  const stop = new AbortController();
  const phases = new Set<string>();
  if (given.stopAtMs !== undefined) clock.setTimer(() => stop.abort(), given.stopAtMs);
  let measured: Measured | undefined;
  void runLoad(load, {
    clock,
    warmUpMs: given.warmUpMs ?? 0,
    forMs: given.forMs,
    graceMs: 10_000,
    signal: stop.signal,
    onProgress: ({ phase }) => phases.add(phase),
  }).then((result) => {
    measured = result;
  });
  for (let waited = 0; measured === undefined && waited < 600; waited++) await clock.advance(100);
  assert.ok(measured !== undefined, "the run has not ended");
  return { ...measured, phases };
}

const near = (actual: number, wanted: number): void =>
  assert.ok(Math.abs(actual - wanted) <= wanted * 0.02 + 0.001, `${actual} is not ${wanted}`);

describe("the closed loop of rpc bench", () => {
  test("keeps exactly as many calls in flight as were asked for, and counts those that end in the measured span", async () => {
    const clock = createManualClock();
    const { makeCall, seen } = target(clock, () => 10);
    const load = closedLoop({ makeCall, clock, inFlight: 4 });
    const { tally, measuredMs, phases } = await run(clock, load, { warmUpMs: 505, forMs: 1_000 });
    assert.equal(seen.most, 4);
    assert.equal(measuredMs, 1_000);
    assert.equal(tally.ok, 400, "every 10 ms between 505 and 1505 ms four calls end");
    near(tally.latency.quantile(0.5), 10);
    assert.deepEqual([...phases].slice(0, 2), ["warm-up", "measuring"]);
  });

  test("tells the percentiles of a known distribution", async () => {
    const clock = createManualClock();
    // Of a thousand calls 900 take 1 ms, 90 take 20, 9 take 300, one takes 4 s.
    const spanOf = (call: number): number => (call < 900 ? 1 : call < 990 ? 20 : call < 999 ? 300 : 4_000);
    const { makeCall } = target(clock, spanOf);
    const forMs = 900 + 90 * 20 + 9 * 300 + 4_000 + 0.5;
    const { tally } = await run(clock, closedLoop({ makeCall, clock, inFlight: 1 }), { forMs });
    assert.equal(tally.ok, 1_000);
    for (const [q, wanted] of [
      [0.5, 1],
      [0.9, 1],
      [0.99, 20],
      [0.999, 300],
      [1, 4_000],
    ] as const)
      near(tally.latency.quantile(q), wanted);
  });

  test("counts errors by code and reason, and calls that fail at once do not keep it from ending", async () => {
    const clock = createManualClock();
    let calls = 0;
    const makeCall = async (): Promise<void> => {
      if (++calls % 3 === 0) throw new RpcError("not_found", `no order ${calls}`, { reason: "NO_ORDER" });
      if (calls % 3 === 1) throw new TypeError("broken");
      await new Promise<void>((resolve) => void clock.setTimer(resolve, 10));
    };
    const { tally } = await run(clock, closedLoop({ makeCall, clock, inFlight: 2 }), { forMs: 300 });
    assert.ok(tally.ok > 0 && tally.failed > tally.ok);
    const [first, second] = tally.failures();
    assert.deepEqual([first, second].map((each) => [each?.code, each?.reason]).sort(), [
      ["not_found", "NO_ORDER"],
      ["unknown", ""],
    ]);
    assert.equal(first!.count + second!.count, tally.failed);
  });

  test("Ctrl-C ends it, and what was measured so far is there", async () => {
    const clock = createManualClock();
    const { makeCall } = target(clock, () => 10);
    const load = closedLoop({ makeCall, clock, inFlight: 1 });
    const { tally, measuredMs, interrupted } = await run(clock, load, { forMs: 60_000, stopAtMs: 255 });
    assert.deepEqual([tally.ok, measuredMs, interrupted], [25, 255, true]);
  });
});

describe("the open loop of rpc bench", () => {
  test("begins calls at the rate, however long they take, and counts each that was due", async () => {
    const clock = createManualClock();
    const { makeCall, seen } = target(clock, () => 250);
    const load = openLoop({ makeCall, clock, wait, inFlight: 1_000, rate: 200 });
    const { tally, ending, unfinished } = await run(clock, load, { warmUpMs: 1_000.5, forMs: 2_000 });
    assert.deepEqual([tally.ok, ending.notBegun, unfinished], [400, 0, 0]);
    assert.ok(seen.most >= 50 && seen.most <= 51, `${seen.most} in flight at 200 a second of 250 ms`);
    near(tally.latency.quantile(0.5), 250);
    assert.ok(ending.lag!.quantile(1) < 0.001, "time stands still between turns: none is late");
  });

  test("a target that stands still for a second is felt by every call of that second, not by those in flight alone", async () => {
    const clock = createManualClock();
    // Between 1000 and 1200 ms nothing is answered.
    const stalls = (on: ManualClock) => () => (on.now() >= 1_000 && on.now() < 1_200 ? 1_200 - on.now() + 1 : 1);
    const forMs = 1_997;
    const { makeCall } = target(clock, stalls(clock));
    const open = await run(clock, openLoop({ makeCall, clock, wait, inFlight: 1_000, rate: 200 }), { forMs });
    assert.equal(open.tally.ok, 400);
    near(open.tally.latency.quantile(0.89), 1);
    near(open.tally.latency.quantile(0.95), 101);
    near(open.tally.latency.quantile(1), 201);

    const other = createManualClock();
    const load = closedLoop({ ...target(other, stalls(other)), clock: other, inFlight: 1 });
    const closed = await run(other, load, { forMs });
    near(closed.tally.latency.quantile(0.999), 1);
  });

  test("calls that were due before it is measured are not counted, however late they are begun", async () => {
    const clock = createManualClock();
    const { makeCall, seen } = target(clock, () => 20); // one at a time: 50 a second of 100
    const load = openLoop({ makeCall, clock, wait, inFlight: 1, rate: 100 });
    const { tally, ending } = await run(clock, load, { warmUpMs: 999, forMs: 1_000 });
    assert.ok(seen.calls >= 99);
    assert.deepEqual([tally.ok, ending.notBegun], [0, 100], "all that was measured stands behind what was due before");
  });

  test("where a target does not keep up, the wait of those behind counts, and those never begun are told", async () => {
    const clock = createManualClock();
    const { makeCall, seen } = target(clock, () => 20); // one at a time: 50 a second
    const load = openLoop({ makeCall, clock, wait, inFlight: 1, rate: 100 });
    const { tally, ending } = await run(clock, load, { forMs: 10_000 });
    assert.equal(seen.most, 1);
    assert.equal(tally.ok + ending.notBegun, 1_001);
    assert.ok(ending.notBegun > 490 && ending.notBegun < 510, `${ending.notBegun} were not begun`);
    assert.ok(tally.latency.quantile(1) > 4_900, "the last one begun had waited for five seconds");
  });

  test("calls without an outcome when Ctrl-C comes are told as unfinished", async () => {
    const clock = createManualClock();
    const { makeCall } = target(clock, () => 3_600_000);
    const load = openLoop({ makeCall, clock, wait, inFlight: 100, rate: 10 });
    const { tally, unfinished, interrupted } = await run(clock, load, { forMs: 60_000, stopAtMs: 950 });
    assert.deepEqual([tally.ok, unfinished, interrupted], [0, 10, true]);
  });
});
