import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bind, connect, defineService, memoryTransport, type ServerStats, serve } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { everyService, pendingOf, ratesBetween } from "./rates.js";

const Slow = defineService<{ wait(ms: number): Promise<void> }>("shop.Slow", { wait: {} });
const Other = defineService<{ wait(ms: number): Promise<void> }>("shop", { wait: {} });

/** The stats of a real server, on a clock of the test's, with a call of so many ms in flight after another. */
async function counting() {
  const clock = createManualClock();
  const transports = { memory: memoryTransport() };
  const wait = (ms: number): Promise<void> =>
    new Promise(
      (resolve, reject) => void clock.setTimer(ms < 0 ? () => reject(new Error("no")) : resolve, Math.abs(ms)),
    );
  const services = [bind(Slow, { wait }), bind(Other, { wait })];
  const server = await serve({ services, listen: "memory://slow", transports, clock });
  const connector = connect({ address: server.address, transports, clock });
  const client = connector.client(Slow);
  return {
    clock,
    server,
    client,
    other: connector.client(Other),
    async calls(...spans: number[]): Promise<void> {
      const all = Promise.allSettled(spans.map((ms) => client.wait(ms)));
      await clock.advance(1_000);
      await all;
    },
    async close(): Promise<void> {
      const closed = Promise.all([connector.close(), server.close()]);
      await clock.advance(60_000);
      await closed;
    },
  };
}

const near = (actual: number | undefined, wanted: number): void =>
  assert.ok(actual !== undefined && Math.abs(actual - wanted) <= wanted * 0.02, `${actual} is not ${wanted}`);

describe("the rates of rpc watch", () => {
  test("are those of the last second alone, whatever came before", async () => {
    const { server, calls, close } = await counting();
    await calls(900, 900, 900);
    const before = server.stats();
    await calls(...Array(99).fill(10), 200, -20);
    const rates = ratesBetween(before, server.stats(), "shop.Slow");
    assert.equal(rates?.callsPerSecond, 101);
    assert.equal(rates?.failedPerSecond, 1);
    near(rates?.p50Ms, 10);
    near(rates?.p99Ms, 20); // 101 spans: the hundredth is that of the call that failed; 900 ms lie before this second
    await calls();
    const idle = server.stats();
    await calls();
    assert.deepEqual(ratesBetween(idle, server.stats(), "shop.Slow"), {
      callsPerSecond: 0,
      failedPerSecond: 0,
      p50Ms: 0,
      p99Ms: 0,
    });
    await close();
  });

  test("are those of one service, whose name another one's may begin with, or of all", async () => {
    const { server, clock, calls, client, other, close } = await counting();
    const before = server.stats();
    void client.wait(5_000);
    void other.wait(5_000);
    await calls(10, 10);
    const after = server.stats();
    assert.equal(ratesBetween(before, after, "shop.Slow")?.callsPerSecond, 2);
    assert.equal(ratesBetween(before, after, "shop")?.callsPerSecond, 0);
    assert.equal(ratesBetween(before, after, everyService)?.callsPerSecond, 2);
    assert.deepEqual(
      ["shop.Slow", "shop", everyService].map((name) => pendingOf(after, name)),
      [1, 1, 2],
    );
    await clock.advance(5_000);
    await close();
  });

  test("are none where no time has passed, and begin anew where the server counts anew", async () => {
    const { server, calls, close } = await counting();
    await calls(10, 10);
    const before: ServerStats = server.stats();
    assert.equal(ratesBetween(before, before, "shop.Slow"), undefined);
    server.resetStats();
    await calls(10);
    // What was reset shows 1 s of counting after 1 s: as long as before, with less counted.
    const after = { ...server.stats(), sinceMs: 500 };
    assert.equal(ratesBetween(before, after, "shop.Slow")?.callsPerSecond, 2);
    await close();
  });
});
