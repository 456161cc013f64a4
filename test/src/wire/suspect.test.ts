import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { type Balancer, type Client, type Connector, connect } from "@rpc/core";
import { createManualClock, type ManualClock } from "@rpc/core/testing";
import { atEnd } from "./ground/at-end.js";
import { type ConnectSettings, type Probe, ProbeService } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { inMemory, onTcp } from "./ground/grounds.js";
import { listing } from "./ground/listing.js";
import { firstId, greet, meeting } from "./ground/meeting.js";
import { type HelloParts, error as handlerError, pong, response } from "./raw/frames.js";
import type { RawPeer } from "./raw/peer.js";
import { raw } from "./raw/raw.js";
import type { Received } from "./raw/received.js";

/** What a call that is late and the ping that asks after it may take together, in ms, and one look more. */
const suspectMs = 250 + 250 + 400 + 20;

/** The first of the list that a retry does not leave out. */
const firstOfList: Balancer = () => (ready) => (call) =>
  ready.find(({ endpoint }) => !call.route?.except?.includes(endpoint.id)) ?? ready[0]!;

const methods = [
  { name: "echo", index: 0, idempotent: true },
  { name: "add", index: 1 },
  { name: "nothing", index: 2 },
];

interface Listed {
  readonly clock: ManualClock;
  readonly connector: Connector;
  readonly probe: Client<Probe>;
  /** The servers' ends, in the order of the list, each greeted and with its service opened. */
  readonly peers: readonly RawPeer[];
}

/** A client of `count` raw servers, which prefers the first. `welcome` is what they say of themselves. */
async function listed(
  t: TestContext,
  count: number,
  settings: ConnectSettings = {},
  welcome: HelloParts = {},
): Promise<Listed> {
  const ground = inMemory();
  const clock = createManualClock();
  const list = listing();
  const servers = await Promise.all(
    Array.from({ length: count }, () => raw.server(t, ground.listen, ground.transport)),
  );
  list.set(...servers.map(({ address }) => address));
  const connector = connect({
    registry: list.registry,
    balancer: firstOfList,
    transports: ground.transports,
    clock,
    random: () => 0.5,
    timeoutMs: 60_000,
    ...settings,
  });
  atEnd(t, async () => {
    const closed = connector.close();
    await clock.advance(40_000);
    await closed;
  });
  const probe = connector.client(ProbeService);
  const asked = probe.nothing();
  const peers = await Promise.all(servers.map((server) => server.accept()));
  const [first, ...others] = peers;
  await greet(first!, { methods, welcome });
  const { id } = await first!.expect("request");
  first!.send(response(id));
  await asked;
  for (const peer of others) await greet(peer, { methods, welcome });
  await clock.advance(20);
  return { clock, connector, probe, peers };
}

/** Takes the next request, and what asks after the peer before it. */
async function nextRequest(peer: RawPeer, onPing = (): void => {}): Promise<Received> {
  for (;;) {
    const received = await peer.next("a request");
    if (received.kind === "request") return received;
    assert.equal(received.kind, "ping");
    onPing();
  }
}

test("a server that falls silent is suspected within a second: its idempotent calls go elsewhere, and no new one goes to it", async (t) => {
  const { clock, probe, peers } = await listed(t, 2);
  const [silent, other] = peers as [RawPeer, RawPeer];
  const call = probe.echo("moved");
  const { id } = await silent.expect("request");
  await clock.advance(suspectMs);
  await silent.expect("ping");
  await silent.expect("cancel", { id });
  const moved = await other.expect("request", { value: ["moved"] });
  other.send(response(moved.id, { value: "elsewhere" }));
  assert.equal(await call, "elsewhere");
  const next = probe.echo("next");
  const asked = await other.expect("request", { value: ["next"] });
  other.send(response(asked.id, { value: "too" }));
  assert.equal(await next, "too");
});

test("the second of two attempts side by side stays with a silent server once the first has failed: nobody would make it again", async (t) => {
  const { clock, probe, peers } = await listed(t, 3, { retry: { failMode: "failbackup" } });
  const [first, second] = peers as [RawPeer, RawPeer];
  const call = probe.echo("twice");
  const { id } = await first.expect("request");
  await clock.advance(20);
  const backup = await second.expect("request", { value: ["twice"] });
  first.send(handlerError(id, { reason: "NOT_TODAY" }));
  await clock.advance(2 * suspectMs);
  await second.expect("ping");
  second.send(pong(), response(backup.id, { value: "late" }));
  assert.equal(await call, "late");
});

test("a server that falls silent is suspected, too, where every call gives up before it would be late", async (t) => {
  const { clock, probe, peers } = await listed(t, 2, { timeoutMs: 100 });
  const [, other] = peers as [RawPeer, RawPeer];
  const calls = [failed(probe.add(0, 0))];
  for (let n = 0; n < 3; n++) {
    await clock.advance(200);
    calls.push(failed(probe.add(0, 0)));
  }
  await clock.advance(suspectMs - 600);
  for (const { code } of await Promise.all(calls)) assert.equal(code, "deadline_exceeded");
  const next = probe.add(1, 2);
  const { id } = await other.expect("request", { value: [1, 2] });
  other.send(response(id, { value: 3 }));
  assert.equal(await next, 3);
});

test("a call that may not run twice stays where it is, and is still answered there", async (t) => {
  const { clock, probe, peers } = await listed(t, 2);
  const call = probe.add(1, 2);
  const { id } = await peers[0]!.expect("request");
  await clock.advance(suspectMs);
  await peers[0]!.expect("ping");
  peers[0]!.send(response(id, { value: 3 }));
  assert.equal(await call, 3);
});

test("a suspect server gets calls again as soon as it is heard of", async (t) => {
  const { clock, probe, peers } = await listed(t, 2);
  const [silent, other] = peers as [RawPeer, RawPeer];
  const call = probe.echo(1);
  await silent.expect("request");
  await clock.advance(suspectMs);
  await silent.expect("ping");
  await silent.expect("cancel");
  const moved = await other.expect("request");
  other.send(response(moved.id, { value: 1 }));
  await call;
  silent.send(pong());
  await clock.advance(20);
  const again = probe.echo(2);
  const { id } = await silent.expect("request", { value: [2] });
  silent.send(response(id, { value: 2 }));
  assert.equal(await again, 2);
});

test("where fewer than half are heard of, all that are ready are used, and calls wait where there is no elsewhere", async (t) => {
  const { clock, probe, peers } = await listed(t, 1);
  const call = probe.echo(1);
  const { id } = await peers[0]!.expect("request");
  await clock.advance(suspectMs);
  await peers[0]!.expect("ping");
  const next = probe.echo(2);
  const second = await peers[0]!.expect("request");
  peers[0]!.send(response(id, { value: 1 }), response(second.id, { value: 2 }));
  assert.deepEqual(await Promise.all([call, next]), [1, 2]);
});

test("calls that were written since others left the queue of a suspect server are told that they were", async (t) => {
  const limits = [4_194_304, 1_024, 100_000, 0, 262_144, 4_194_304];
  const { clock, connector, probe, peers } = await listed(t, 2, { retry: { attempts: 2 } }, { limits });
  const [silent, other] = peers as [RawPeer, RawPeer];
  silent.stopReading();
  other.stopReading();
  const long = "l".repeat(90_000);
  // Of the first the server has a part, the second must wait for that, and the third for the second.
  const calls = [probe.echo(long), probe.echo(long), probe.echo("short")];
  const failing = calls.map((call) => failed(call));
  await clock.advance(suspectMs);
  for (const { queue } of connector.stats().connections) assert.ok(queue.entries >= 0, `${queue.entries} in the queue`);
  silent.goOnReading();
  await clock.advance(10);
  const heard = silent.waiting();
  const asked = heard.filter(({ kind }) => kind === "request").map(({ id }) => id);
  const cancelled = heard.filter(({ kind }) => kind === "cancel").map(({ id }) => id);
  assert.deepEqual(cancelled, asked);
  silent.reset();
  other.reset();
  await Promise.all(failing);
});

test("only as many calls leave a suspect server as the budget pays for; the others may still be answered there", async (t) => {
  const { clock, probe, peers } = await listed(t, 2, { retry: { budget: { ratio: 0, perSecond: 0.2 } } });
  const [silent, other] = peers as [RawPeer, RawPeer];
  const calls = [1, 2, 3].map((n) => probe.echo(n));
  const ids = [];
  for (let n = 0; n < 3; n++) ids.push((await silent.expect("request")).id);
  await clock.advance(suspectMs);
  for (let n = 1; n <= 2; n++) {
    const { id } = await other.expect("request", { value: [n] });
    other.send(response(id, { value: n }));
  }
  silent.send(response(ids[2]!, { value: 3 }));
  assert.deepEqual(await Promise.all(calls), [1, 2, 3]);
});

test("a suspect server that stays silent is left after ten seconds, though no call waits there any more", async (t) => {
  const { clock, probe, peers } = await listed(t, 2);
  const [silent, other] = peers as [RawPeer, RawPeer];
  const call = probe.echo(1);
  await silent.expect("request");
  await clock.advance(suspectMs);
  const { id } = await other.expect("request");
  other.send(response(id, { value: 1 }));
  await call;
  await clock.advance(10_500 - suspectMs);
  const kinds = (await silent.rest()).map(({ kind }) => kind);
  assert.deepEqual(kinds, ["ping", "cancel", "ping", "close"]);
});

test("a call that takes long on a server that answers its pings stays where it is, whatever it takes", async (t) => {
  const { clock, probe, peers } = await listed(t, 2);
  const [slow] = peers as [RawPeer, RawPeer];
  const call = probe.echo(1);
  const { id } = await slow.expect("request");
  const answering = (async () => {
    for (;;) {
      await slow.expect("ping");
      slow.send(pong());
    }
  })().catch(() => {});
  await clock.advance(20_000);
  slow.send(response(id, { value: "here" }));
  assert.equal(await call, "here");
  void answering;
});

test("calls are not judged late where nearly all take as long", async (t) => {
  const { clock, probe, peers } = await listed(t, 1);
  const [peer] = peers as [RawPeer];
  for (let n = 0; n < 64; n++) {
    const call = probe.echo(n);
    const { id } = await peer.expect("request");
    await clock.advance(240);
    peer.send(response(id, { value: n }));
    await call;
  }
  const call = probe.echo("last");
  const { id } = await peer.expect("request");
  await clock.advance(600);
  peer.send(response(id, { value: "last" }));
  assert.equal(await call, "last");
});

/** Makes calls until each was written, lets `ms` pass, and answers them all. */
async function answeredAfter(ms: number, count: number, { clock, probe, peers }: Listed): Promise<void> {
  const [peer] = peers as [RawPeer];
  const calls = Array.from({ length: count }, (_, n) => probe.add(n, 0));
  const ids: number[] = [];
  while (ids.length < count) ids.push((await nextRequest(peer)).id);
  await clock.advance(ms);
  peer.send(...ids.map((id) => response(id, { value: 0 })));
  await Promise.all(calls);
}

for (const recoveredBy of [0, 100]) {
  test(`a server that was held up for a second, with hundreds of calls, and then answered ${recoveredBy} at once, is suspected within 1.5 s of its next silence`, async (t) => {
    const all = await listed(t, 2);
    const { clock, probe, peers } = all;
    const [silent, other] = peers as [RawPeer, RawPeer];
    await answeredAfter(1_000, 500, all);
    for (let n = 0; n < recoveredBy; n++) await answeredAfter(2, 1, all);
    const call = probe.echo("moved");
    const { id } = await nextRequest(silent);
    await clock.advance(1_450);
    await silent.expect("ping");
    await silent.expect("cancel", { id });
    const moved = await other.expect("request", { value: ["moved"] });
    other.send(response(moved.id, { value: "elsewhere" }));
    assert.equal(await call, "elsewhere");
  });
}

test("a server that is busy with each call for a second, and says nothing meanwhile, is not suspected for that", async (t) => {
  const all = await listed(t, 2);
  const { clock, probe, peers } = all;
  const [busy] = peers as [RawPeer];
  await answeredAfter(240, 16, all);
  const calls = [probe.echo(0)];
  for (let n = 1; n < 20; n++) {
    await clock.advance(400);
    calls.push(probe.echo(n));
    await clock.advance(610);
    const { id } = await nextRequest(busy);
    // The ping that it read meanwhile it answers in its turn.
    busy.send(response(id, { value: "here" }), pong());
    await clock.advance(1);
  }
  const { id } = await nextRequest(busy);
  busy.send(response(id, { value: "here" }));
  assert.deepEqual(new Set(await Promise.all(calls)), new Set(["here"]));
});

test("no suspicion falls on a server for a stall of this process", async (t) => {
  const keepAlive = { suspectAfterMs: 100, suspectTimeoutMs: 100, busyMs: 500, timeoutMs: 500 };
  const { peer, probe, server } = await meeting(t, onTcp(), { keepAlive, timeoutMs: 20_000 });
  const call = probe.echo(1);
  await peer.expect("request", { id: firstId });
  await peer.expect("ping");
  const until = performance.now() + 3_000;
  while (performance.now() < until);
  peer.send(pong(), response(firstId, { value: "there" }));
  assert.equal(await call, "there");
  assert.equal(server.accepted, 1);
});

test("without a retry no call is moved, and each has its one outcome", async (t) => {
  const { clock, probe, peers } = await listed(t, 2, { retry: false });
  const failing = failed(probe.echo(1));
  await peers[0]!.expect("request");
  await clock.advance(10_500);
  const error = await failing;
  assert.deepEqual([error.code, error.reason, error.processed], ["unavailable", "CONNECTION_LOST", "maybe"]);
});
