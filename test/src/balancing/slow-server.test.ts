import assert from "node:assert/strict";
import { test } from "node:test";
import { p2cPeakEwmaWith } from "@rpc/balancer";
import { openFleet, percentile } from "./fleet.js";

const settledMs = 2_000;
const quick = () => 2;

for (const seed of [1, 2, 3]) {
  test(`a server ten times slower gets one call in a hundred at most, and callers hardly notice it (seed ${seed})`, async () => {
    let slow = false;
    const third = () => (slow ? 20 : 2);
    const fleet = await openFleet({ seed, servers: { a: quick, b: quick, c: third }, balancer: p2cPeakEwmaWith });
    await fleet.load(400, 4_000);
    const healthyMs = percentile(fleet.done, 99);
    const before = fleet.done.length;
    slow = true;
    const slowAt = fleet.cluster.nowMs;
    await fleet.load(400, 8_000);
    const later = fleet.asked.filter(({ at }) => at >= slowAt + settledMs);
    const toSlow = later.filter(({ server }) => server === "c").length;
    assert.ok(toSlow <= later.length / 100, `${toSlow} of ${later.length} calls went to the slow one`);
    assert.ok(toSlow > 0, "it is asked now and then, or nobody would hear that it is quick again");
    const after = fleet.done.slice(before).filter(({ at }) => at >= slowAt + settledMs);
    const slowMs = percentile(after, 99);
    assert.ok(slowMs <= 2 * healthyMs, `p99 was ${healthyMs} ms with all well, and is ${slowMs} ms`);
    slow = false;
    const wellAt = fleet.cluster.nowMs;
    await fleet.load(400, 6_000);
    const back = fleet.asked.filter(({ at, server }) => at >= wellAt + 4_000 && server === "c").length;
    assert.ok(back > 24, `of 800 calls ${back} went to it once it was quick again`);
  });
}

test("a slow answer now and then from servers that are quick does not send calls to one that is always slow", async () => {
  let [slow, asked] = [false, 0];
  const mostlyQuick = () => (++asked % 4_000 === 0 ? 8 : 2);
  const third = () => (slow ? 20 : mostlyQuick());
  const fleet = await openFleet({
    seed: 5,
    servers: { a: mostlyQuick, b: mostlyQuick, c: third },
    balancer: p2cPeakEwmaWith,
  });
  await fleet.load(2_000, 2_000);
  slow = true;
  const slowAt = fleet.cluster.nowMs;
  await fleet.load(2_000, 5_000);
  const later = fleet.asked.filter(({ at }) => at >= slowAt + settledMs);
  const toSlow = later.filter(({ server }) => server === "c").length;
  assert.ok(toSlow <= later.length / 100, `${toSlow} of ${later.length} calls went to the slow one`);
});

test("a server that answers nothing any more is asked by few calls before it is known", async () => {
  let stuck = false;
  const fleet = await openFleet({
    seed: 4,
    servers: { a: quick, b: quick, c: () => (stuck ? 60_000 : 2) },
    balancer: p2cPeakEwmaWith,
    settings: { timeoutMs: 1_000 },
  });
  await fleet.load(400, 2_000);
  stuck = true;
  const stuckAt = fleet.cluster.nowMs;
  await fleet.load(400, 6_000);
  const lost = fleet.done.filter(({ at, error }) => at >= stuckAt && error !== undefined);
  assert.ok(lost.length <= 24, `${lost.length} of 2400 calls failed`);
});
