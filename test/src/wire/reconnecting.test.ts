import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { type Client, connect, defineService, RpcError, serve } from "@rpc/core";
import { createManualClock, type ManualClock } from "@rpc/core/testing";
import { atEnd } from "./ground/at-end.js";
import { type ConnectSettings, calling, type Probe, ProbeService } from "./ground/calling.js";
import { type Ground, inMemory } from "./ground/grounds.js";
import { type Listing, listing } from "./ground/listing.js";
import { keepingLog } from "./ground/log.js";
import { firstId, greet, meeting } from "./ground/meeting.js";
import { close, opened, pong, response, welcome } from "./raw/frames.js";
import type { RawPeer } from "./raw/peer.js";
import { type RawServer, raw } from "./raw/raw.js";

/** Without jitter. */
const steady = { random: () => 0.5 };

const failed = (call: Promise<unknown>): Promise<RpcError> =>
  call.then(
    () => assert.fail("it succeeded"),
    (thrown: unknown) => {
      assert.ok(thrown instanceof RpcError);
      return thrown;
    },
  );

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

/** Does this with each connection that comes, and notes when it came. */
function meet(server: RawServer, clock: ManualClock, then: (peer: RawPeer) => unknown): number[] {
  const met: number[] = [];
  const forever = async (): Promise<void> => {
    for (;;) {
      const peer = await server.accept();
      met.push(Math.round(clock.now()));
      void then(peer);
    }
  };
  void forever();
  return met;
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
    assert.ok(list.watches < 40, `${list.watches} watches in ten minutes`);
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

/** Servers that never become ready, as a client meets them. */
const unready: readonly (readonly [
  what: string,
  then: (peer: RawPeer) => unknown,
  reason: RegExp,
  attempts: readonly number[],
])[] = [
  [
    "accepts and stays silent",
    () => {},
    /CONNECT_TIMEOUT|HELLO_TIMEOUT/,
    // 5 s each, and the waits between them.
    [0, 5_100, 10_260, 15_516, 20_926],
  ],
  [
    "accepts and closes at once",
    (peer) => peer.cut(),
    /NO_HELLO|CONNECTION_LOST/,
    [0, 100, 260, 516, 926, 1_581, 2_630, 4_307, 6_992, 11_287, 18_159],
  ],
  [
    "accepts and tears it down",
    (peer) => peer.reset(),
    /NO_HELLO|CONNECTION_LOST/,
    [0, 100, 260, 516, 926, 1_581, 2_630, 4_307, 6_992, 11_287, 18_159],
  ],
  [
    "closes in the middle of its answer",
    async (peer) => {
      await peer.expect("hello");
      peer.bytes("f2525043 02 000050 0000").cut();
    },
    /NO_HELLO|CONNECTION_LOST/,
    [0, 100, 260, 516, 926, 1_581, 2_630, 4_307, 6_992, 11_287, 18_159],
  ],
  [
    "refuses with a reason",
    async (peer) => {
      await peer.expect("hello");
      peer.send({
        ...close({ code: 16, reason: "NO_TOKEN", message: "who are you?" }),
        lead: Buffer.from("f2525043", "hex"),
      });
      peer.cut();
    },
    /NO_TOKEN/,
    [0, 100, 260, 516, 926, 1_581, 2_630, 4_307, 6_992, 11_287, 18_159],
  ],
];

for (const [what, then, reason, attempts] of unready) {
  test(`a server that ${what} gets no request and no storm of attempts, and callers are told within 5 s who it was`, async (t) => {
    const ground = inMemory();
    const clock = createManualClock();
    const server = await raw.server(t, ground.listen, ground.transport);
    const kinds: unknown[] = [];
    const met = meet(server, clock, async (peer) => {
      await then(peer);
      kinds.push(...(await peer.rest()).map(({ kind }) => kind));
    });
    const { probe } = calling(t, ground, server.address, { clock, ...steady, timeoutMs: 60_000 });
    const failing = failed(probe.add(1, 2));
    await clock.advance(5_101);
    const error = await failing;
    assert.deepEqual([error.processed, error.endpoint], ["no", server.address]);
    assert.match(error.reason, reason);
    await clock.advance(20_000 - 1);
    assert.deepEqual(met.slice(0, attempts.length), attempts);
    assert.equal(met.length, attempts.length);
    assert.ok(
      kinds.every((kind) => kind === "hello" || kind === "close"),
      `it was sent ${kinds}`,
    );
  });
}

test("a server that welcomes and then goes, again and again, is dialled ever more seldom too", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const server = await raw.server(t, ground.listen, ground.transport);
  const met = meet(server, clock, async (peer) => {
    await peer.expect("hello");
    peer.send(welcome());
    await peer.expect("open");
    peer.reset();
  });
  const { probe } = calling(t, ground, server.address, { clock, ...steady, timeoutMs: 60_000 });
  const failing = failed(probe.add(1, 2));
  await clock.advance(20_000);
  assert.deepEqual(met, [0, 100, 260, 516, 926, 1_581, 2_630, 4_307, 6_992, 11_287, 18_159]);
  assert.equal((await failing).processed, "no");
});

test("after ten seconds of health the first wait is a short one again", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const server = await raw.server(t, ground.listen, ground.transport);
  const met: number[] = [];
  const { probe } = calling(t, ground, server.address, { clock, ...steady, retry: false });
  const serve = async (healthMs: number): Promise<void> => {
    const peer = await server.accept();
    met.push(clock.now());
    await greet(peer);
    await clock.advance(healthMs);
    peer.reset();
    await clock.settle();
  };
  const waiting = probe.nothing().catch(() => {});
  for (const healthMs of [0, 0, 0, 12_000]) {
    const served = serve(healthMs);
    await clock.advance(1_000);
    await served;
  }
  const before = clock.now();
  const served = serve(0);
  await clock.advance(1_000);
  await served;
  assert.equal(met.at(-1)! - before, 100);
  await waiting;
});

test("a server that falls silent with a call under way is asked after 5 s, given 5 more, and then left; the call may have run", async (t) => {
  const clock = createManualClock();
  const { peer, probe } = await meeting(t, inMemory(), { clock, timeoutMs: 60_000 });
  const startedAt = clock.now();
  let endedAt = 0;
  const failing = failed(probe.echo(1)).then((error) => {
    endedAt = clock.now();
    return error;
  });
  await peer.expect("request", { id: firstId });
  await clock.advance(5_300);
  await peer.expect("ping");
  await clock.advance(4_000);
  assert.equal(endedAt, 0);
  await clock.advance(1_200);
  const error = await failing;
  assert.deepEqual([error.code, error.processed], ["unavailable", "maybe"]);
  assert.ok(endedAt - startedAt <= 10_500, `after ${endedAt - startedAt} ms`);
});

test("a server that answers its pings is left to work", async (t) => {
  const clock = createManualClock();
  const { peer, probe } = await meeting(t, inMemory(), { clock, timeoutMs: 600_000 });
  const call = probe.echo(1);
  await peer.expect("request", { id: firstId });
  let pings = 0;
  const answer = async (): Promise<void> => {
    for (;;) {
      await peer.expect("ping");
      pings++;
      peer.send(pong());
    }
  };
  const answering = answer().catch(() => {});
  await clock.advance(300_000);
  assert.ok(pings >= 50 && pings <= 61, `${pings} pings in five minutes`);
  peer.send(response(firstId, { value: "at last" }));
  assert.equal(await call, "at last");
  peer.cut();
  await answering;
});

test("an idle connection is asked every 30 s, and one that does not answer is replaced within 36", async (t) => {
  const clock = createManualClock();
  const { peer, server } = await meeting(t, inMemory(), { clock, ...steady });
  await clock.advance(29_000);
  const quiet = peer.receivedBytes;
  await clock.advance(1_500);
  await peer.expect("ping");
  peer.send(pong());
  assert.equal(peer.receivedBytes, quiet + 12);
  await clock.advance(30_500);
  await peer.expect("ping");
  const accepting = server.accept();
  await clock.advance(5_500);
  await peer.rest();
  await greet(await accepting);
});

test("a server that never answers an open is no reason to hang: the call ends at its deadline and was never sent", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const server = await raw.server(t, ground.listen, ground.transport);
  const { probe } = calling(t, ground, server.address, { clock, timeoutMs: 3_000 });
  const failing = failed(probe.add(1, 2));
  const peer = await server.accept();
  await peer.expect("hello");
  peer.send(welcome());
  await peer.expect("open");
  await clock.advance(3_025);
  const error = await failing;
  assert.deepEqual([error.code, error.processed], ["deadline_exceeded", "no"]);
});

test("a server without the service, or without the method, is named in the error, with what it may have been", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const server = await raw.server(t, ground.listen, ground.transport);
  const { probe, connector } = calling(t, ground, server.address, { clock, timeoutMs: 20_000, retry: false });
  const failing = failed(probe.add(1, 2));
  const peer = await server.accept();
  await peer.expect("hello");
  peer.send(welcome());
  await peer.expect("open");
  peer.send(opened(1, undefined));
  await clock.advance(5_100);
  const absent = await failing;
  assert.deepEqual([absent.code, absent.reason, absent.processed], ["unavailable", "NO_SERVICE", "no"]);
  assert.match(absent.message, /memory:\/\/1.*"Probe"/);

  const Other = defineService<{ ad(a: number): number }>("Other", { ad: {} });
  const wrong = failed(connector.client(Other).ad(1));
  const { id } = await peer.expect("open");
  peer.send(opened(id, [{ name: "add", index: 0 }]));
  const error = await wrong;
  assert.deepEqual([error.code, error.reason, error.processed], ["unimplemented", "NO_METHOD", "no"]);
  assert.match(error.message, /"ad".*Other.*did you mean "add"/);
});

test("two services at one address share one connection", async (t) => {
  const { peer, server, connector } = await meeting(t, inMemory());
  const Other = defineService<{ ask(): string }>("Other", { ask: {} });
  const call = connector.client(Other).ask();
  const { id } = await peer.expect("open");
  peer.send(opened(id, [{ name: "ask", index: 9 }]));
  const asked = await peer.expect("request", { target: 9 });
  peer.send(response(asked.id, { value: "answered" }));
  assert.equal(await call, "answered");
  assert.equal(server.accepted, 1);
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
