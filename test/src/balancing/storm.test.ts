import assert from "node:assert/strict";
import { test } from "node:test";
import { p2cPeakEwmaWith, roundRobinWith } from "@rpc/balancer";
import { RpcError } from "@rpc/core";
import { openFleet } from "./fleet.js";

const unavailable = new RpcError("unavailable", "made up");
const balancers = { p2cPeakEwma: p2cPeakEwmaWith, roundRobin: roundRobinWith };

for (const [name, balancer] of Object.entries(balancers)) {
  for (const seed of [1]) {
    test(`when all servers answer unavailable for 10 s, retries make 15 % more calls at most, and 5 s later all is well (${name}, seed ${seed})`, async () => {
      let down = false;
      const server = () => (down ? unavailable : 1);
      const fleet = await openFleet({ seed, servers: { a: server, b: server, c: server }, balancer });
      await fleet.load(500, 10_000);
      const [calls, asked] = [fleet.done.length, fleet.asked.length];
      down = true;
      await fleet.load(500, 10_000);
      down = false;
      const [made, sent] = [fleet.done.length - calls, fleet.asked.length - asked];
      assert.ok(sent <= 1.15 * made, `${sent} requests for ${made} calls`);
      await fleet.load(500, 5_000);
      const wellAt = fleet.cluster.nowMs;
      await fleet.load(500, 2_000);
      const failed = fleet.done.filter(({ at, error }) => at >= wellAt && error !== undefined);
      assert.deepEqual(failed, []);
    });
  }
}

test("while all fail no call says that there is no endpoint: what is left out is used where too little is left", async () => {
  const server = () => unavailable;
  const fleet = await openFleet({
    seed: 3,
    servers: { a: server, b: server, c: server, d: server },
    balancer: p2cPeakEwmaWith,
    settings: { retry: false },
  });
  await fleet.load(200, 3_000);
  assert.deepEqual([...new Set(fleet.done.map(({ error }) => error?.reason))], ["UNAVAILABLE"]);
});
