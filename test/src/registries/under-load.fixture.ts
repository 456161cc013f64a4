import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { p2cPeakEwma } from "@rpc/balancer";
import { type Balancer, connect } from "@rpc/core";
import { load, type Tally } from "../processes/load.js";
import { openServer } from "../processes/open-server.fixture.js";
import { registryIn, type ServerTask, WorkService } from "../processes/server.fixture.js";
import type { RealServer } from "../servers/real-server.js";
import { atEnd, type Ending } from "../wire/ground/at-end.js";

const ttlMs = 2_000;
/** What of a change reaches callers later than this, in ms, is late. */
const seenMs = 1_000;
const long = process.env["RPC_LONG"] !== undefined;
const awayMs = long ? 60_000 : 4_000;
const callsPerSecond = long ? 2_000 : 200;

/**
 * Three server processes and a client that calls all the time, over a real registry: newcomers are used and leavers left within
 * a second; the registry is killed, and one server with it, which comes back on its port; the registry comes back, and once
 * more without its data. No idempotent call may fail, and of the others only those that the killed server had.
 */
export async function underLoad(
  t: TestContext,
  kind: "etcd" | "zookeeper",
  openRegistryServer: (t: Ending) => Promise<RealServer>,
): Promise<void> {
  const real = await openRegistryServer(t);
  const registry = { kind, port: real.port, ttlMs } as const;
  const open = (task: Partial<ServerTask> = {}) => openServer(t, { registry, ...task });
  const servers = await Promise.all([open(), open(), open()]);

  let used: readonly string[] = [];
  const watched: Balancer = () => {
    const pickFrom = p2cPeakEwma();
    return (ready) => {
      used = ready.map(({ endpoint }) => endpoint.id);
      return pickFrom(ready);
    };
  };
  /** Resolves to how long it took until those are used that should be, in ms. */
  const usedAre = async (what: string, withinMs: number, ...ids: string[]): Promise<number> => {
    const startedAt = performance.now();
    const wanted = ids.sort().join();
    for (;;) {
      if ([...used].sort().join() === wanted) return performance.now() - startedAt;
      assert.ok(
        performance.now() - startedAt < withinMs,
        `${what}: not within ${withinMs} ms, ${used.length} are used`,
      );
      await delay(2);
    }
  };

  const lists = await registryIn(registry);
  atEnd(t, () => lists.close());
  const connector = connect({ registry: lists, balancer: watched });
  atEnd(t, () => connector.close());
  const work = connector.client(WorkService);
  const stop = new AbortController();
  atEnd(t, () => stop.abort());
  const again = load(callsPerSecond, () => work.again(Date.now() + 60_000), stop.signal);
  const once = load(callsPerSecond / 4, () => work.once(Date.now() + 60_000), stop.signal);
  const [a, b, c] = servers.map(({ id }) => id) as [string, string, string];
  await usedAre("the three of the start", 10_000, a, b, c);

  const newcomer = await open();
  const usedMs = await usedAre("a newcomer", 5_000, a, b, c, newcomer.id);
  newcomer.signal("SIGTERM");
  const leftMs = await usedAre("a leaver", 5_000, a, b, c);
  assert.equal(await newcomer.ended, 0);
  assert.ok(usedMs <= seenMs && leftMs <= seenMs, `used after ${usedMs} ms, left after ${leftMs} ms`);

  await real.kill();
  const awayUntil = performance.now() + awayMs;
  servers[0]!.signal("SIGKILL");
  await servers[0]!.ended;
  const reborn = open({ listen: servers[0]!.address });
  await delay(awayUntil - performance.now());
  await real.start();
  const { id: d } = await reborn;
  await usedAre("the one that was restarted on its port", 2 * ttlMs + 20_000, b, c, d);

  await real.kill();
  await real.start({ wiped: true });
  const view = await registryIn(registry);
  atEnd(t, () => view.close());
  const backMs = await listed(view, [b, c, d]);
  assert.ok(backMs <= 2 * ttlMs + 1_000, `registered again after ${backMs} ms`);
  // On a busy machine one of them may have been suspected for a moment.
  await usedAre("all that were known before", 5_000, b, c, d);

  stop.abort();
  const [idempotent, others] = await Promise.all([again, once]);
  assert.deepEqual(idempotent.failed, {});
  assert.ok(idempotent.answered > callsPerSecond * 4, `${idempotent.answered} calls`);
  onlyLost(others);
}

/** Resolves to how long it took until the registry lists these, in ms. */
async function listed(registry: Awaited<ReturnType<typeof registryIn>>, ids: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const { signal } = new AbortController();
  for (;;) {
    const list = await registry.list(WorkService.name, signal).catch(() => []);
    if (ids.every((id) => list.some((endpoint) => endpoint.id === id))) return performance.now() - startedAt;
    assert.ok(performance.now() - startedAt < 20_000, `the registry lists ${list.length}`);
    await delay(20);
  }
}

/** Those that were written to the server that was killed, and unanswered, and no others. */
function onlyLost({ failed, answered }: Tally): void {
  const lost = Object.entries(failed);
  assert.ok(answered > 100, `${answered} calls`);
  assert.ok(
    lost.every(([what]) => what.startsWith("unavailable/CONNECTION_LOST")),
    JSON.stringify(failed),
  );
  assert.ok(lost.reduce((sum, [, count]) => sum + count, 0) <= 10, JSON.stringify(failed));
}
