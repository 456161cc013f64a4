import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { type Client, connect, serve } from "@rpc/core";
import { createManualClock, type ManualClock } from "@rpc/core/testing";
import { atEnd } from "./ground/at-end.js";
import { type ConnectSettings, calling, type Probe, ProbeService } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { type Ground, inMemory } from "./ground/grounds.js";
import { type Listing, listing } from "./ground/listing.js";
import { keepingLog } from "./ground/log.js";
import { raw } from "./raw/raw.js";

/** Without jitter. */
const steady = { random: () => 0.5 };

/** Picks the first of those that are ready. */
const first = () => (ready: readonly { endpoint: unknown }[]) => () => ready[0] as never;

function following(t: TestContext, ground: Ground, { registry }: Listing, settings: ConnectSettings): Client<Probe> {
  const connector = connect({ registry, balancer: first, transports: ground.transports, ...settings });
  atEnd(t, () => connector.close());
  return connector.client(ProbeService);
}

async function start(t: TestContext, ground: Ground, clock: ManualClock, listen: string, name = listen) {
  const server = await serve({
    invoke: async () => name,
    listen,
    transports: ground.transports,
    clock,
    drainMs: 10,
  });
  const stop = async (): Promise<void> => {
    const closed = server.close();
    await clock.advance(2_000);
    await closed;
  };
  atEnd(t, stop);
  return { server, stop };
}

test("a client may start before its server: the call waits, and goes through when the server is there", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { probe } = calling(t, ground, "memory://later", { clock, ...steady });
  const call = probe.echo(1);
  await clock.advance(1_000);
  await start(t, ground, clock, "memory://later");
  await clock.advance(1_000);
  assert.equal(await call, "memory://later");
});

test("a client whose server went away follows it back without a restart", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { stop } = await start(t, ground, clock, "memory://here", "before");
  const { probe } = calling(t, ground, "memory://here", { clock, ...steady });
  assert.equal(await probe.echo(1), "before");
  await stop();
  const call = probe.echo(2);
  await clock.advance(1_000);
  await start(t, ground, clock, "memory://here", "after");
  await clock.advance(2_000);
  assert.equal(await call, "after");
});

test("a client follows its server to another port, as the registry says, and forgets the old one", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const list = listing();
  const probe = following(t, ground, list, { clock, ...steady });
  list.set("memory://one");
  const { stop, server } = await start(t, ground, clock, "memory://one");
  const early = probe.echo(0);
  await clock.advance(500);
  assert.equal(await early, "memory://one");
  await stop();
  assert.equal(server.connections, 0);
  const between = probe.echo(1);
  await clock.advance(100);
  await start(t, ground, clock, "memory://two");
  list.set("memory://two");
  await clock.advance(500);
  assert.equal(await between, "memory://two");
  assert.equal(await probe.echo(2), "memory://two");
});

test("a server that leaves the list is let go, one that comes is used, and no call is lost over it", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const list = listing();
  const probe = following(t, ground, list, { clock, ...steady });
  const one = await start(t, ground, clock, "memory://one");
  await start(t, ground, clock, "memory://two");
  list.set("memory://one");
  assert.equal(await probe.echo(0), "memory://one");
  list.set("memory://one", "memory://two");
  await clock.advance(50);
  list.set("memory://two");
  await clock.advance(50);
  assert.equal(await probe.echo(0), "memory://two");
  assert.equal(one.server.connections, 0);
});

for (const [what, watch] of [
  ["ends at once", "ends"],
  ["says its list and ends", "ends after a list"],
  ["throws", new Error("registry down")],
] as const) {
  test(`a watch that ${what} is begun again ever more seldom, and does not spin`, async (t) => {
    const ground = inMemory();
    const clock = createManualClock();
    const list = listing({ watch });
    const log = keepingLog();
    const probe = following(t, ground, list, { clock, ...steady, logger: log });
    const call = failed(probe.echo(0));
    await clock.advance(10_000);
    // 0, 100, 260, 516, 926, 1581, 2630, 4307, 6992 ms.
    assert.equal(list.watches, 9);
    await clock.advance(600_000);
    assert.ok(list.watches < 75, `${list.watches} watches in ten minutes`);
    assert.ok(log.records.length <= list.watches, "each loss is logged once at most");
    assert.equal((await call).processed, "no");
  });
}

test("while the registry is gone, the last list stays in force and no call fails", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const list = listing();
  const probe = following(t, ground, list, { clock, ...steady });
  await start(t, ground, clock, "memory://one");
  list.set("memory://one");
  assert.equal(await probe.echo(0), "memory://one");
  list.lose(new Error("gone"));
  for (let minute = 0; minute < 10; minute++) {
    await clock.advance(60_000);
    assert.equal(await probe.echo(0), "memory://one");
  }
});

test("with nobody registered a call says so after 5 s, by the service's name; with waitForReady it waits for its deadline", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const list = listing();
  const impatient = failed(following(t, ground, list, { clock, timeoutMs: 60_000 }).echo(0));
  let waited = false;
  const patient = failed(following(t, ground, list, { clock, timeoutMs: 60_000, waitForReady: true }).echo(0));
  void patient.then(() => {
    waited = true;
  });
  await clock.advance(5_100);
  const error = await impatient;
  assert.deepEqual([error.code, error.reason, error.processed], ["unavailable", "NO_ENDPOINT", "no"]);
  assert.match(error.message, /Probe/);
  assert.equal(waited, false);
  await clock.advance(55_000);
  assert.equal((await patient).code, "deadline_exceeded");
});

test("a stopped process, whose kernel accepts, is a failed attempt and no ready connection", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const list = listing();
  const frozen = await raw.server(t, ground.listen, ground.transport);
  await start(t, ground, clock, "memory://alive");
  const probe = following(t, ground, list, { clock, ...steady });
  list.set(frozen.address, "memory://alive");
  for (let n = 0; n < 20; n++) {
    assert.equal(await probe.echo(n), "memory://alive");
    await clock.advance(1_000);
  }
});
