import assert from "node:assert/strict";
import { test } from "node:test";
import { p2cPeakEwmaWith } from "@rpc/balancer";
import { type FailMode, RpcError } from "@rpc/core";
import { openFleet } from "./fleet.js";

const unavailable = new RpcError("unavailable", "made up");
const modes: readonly FailMode[] = ["failover", "failfast", "failtry", "failbackup"];

/** Servers that are quick, slow, unavailable and broken by turns, as chance has it. */
const moody =
  (random: () => number) =>
  (nowMs: number): number | Error => {
    const mood = Math.floor(nowMs / 700 + random() * 2) % 5;
    if (mood === 3 && random() < 0.7) return unavailable;
    if (mood === 4 && random() < 0.2) return new Error("broken");
    return mood === 2 ? 5 + random() * 60 : random() * 4;
  };

for (const failMode of modes) {
  for (const seed of [1, 2]) {
    test(`${failMode}: among servers of changing moods each call settles once, and no more are sent than the budget pays for (seed ${seed})`, async () => {
      const chances = [11, 22, 33].map((own) => seededBy(seed * 100 + own));
      const fleet = await openFleet({
        seed,
        servers: { a: moody(chances[0]!), b: moody(chances[1]!), c: moody(chances[2]!) },
        balancer: p2cPeakEwmaWith,
        settings: { retry: { failMode, budget: { ratio: 0.1, perSecond: 0 } }, timeoutMs: 500 },
      });
      await fleet.load(300, 6_000);
      assert.equal(fleet.done.length, 1_800, "each call has one outcome");
      assert.ok(
        fleet.done.every(({ tookMs }) => tookMs <= 525),
        "and none is late",
      );
      // What was sent within 10 s before the calls that were counted may have been paid for by those.
      assert.ok(fleet.asked.length <= 1_800 * 1.1 + 20, `${fleet.asked.length} requests for 1800 calls`);
      const failed = fleet.done.filter(({ error }) => error !== undefined).length;
      if (failMode === "failover" || failMode === "failbackup") assert.ok(failed < 400, `${failed} of 1800 failed`);
    });
  }
}

/** Mulberry32, by Tommy Ettinger, in the public domain. */
function seededBy(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
