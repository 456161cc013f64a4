import assert from "node:assert/strict";
import test from "node:test";
import { createManualClock } from "@rpc/core/testing";
import { calling } from "./ground/calling.js";
import { inMemory } from "./ground/grounds.js";
import { meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { bytesOf, cancel, chunk, drain, type Frame, hello, open, ping, pong, request } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

const metadata = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`name-${n}`, "v".repeat(80)]));

/** Frames in one piece. */
function many(count: number, frame: (n: number) => readonly Frame[]): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, n) => frame(n).map(bytesOf)).flat());
}

/** What a client may send too much of, once it has opened `hang` as 0 under id 1. */
const floodsOfClients: Readonly<Record<string, () => Buffer>> = {
  pings: () => many(1_001, () => [ping()]),
  opens: () => many(1_001, (n) => [open("Probe", ["hang"], { id: n + 2 })]),
  "requests with their cancels": () => many(12_000, (n) => [request({ id: n + 2 }), cancel(n + 2)]),
  "chunks of no bytes": () => many(10_001, () => [chunk(1, Buffer.alloc(0), { more: true })]),
  drains: () => many(10_001, () => [drain()]),
  pongs: () => many(10_001, () => [pong()]),
  "frames to be skipped": () => many(10_001, () => [{ kind: 0xc0 }]),
  "requests of what was not opened": () => many(10_001, (n) => [request({ id: n + 2, method: 9 })]),
  "requests without a body": () => many(12_000, (n) => [request({ id: n + 2, body: Buffer.alloc(0) })]),
  "requests with much metadata": () => many(10_001, (n) => [request({ id: n + 2, metadata }), cancel(n + 2)]),
};

for (const [what, flood] of Object.entries(floodsOfClients)) {
  test(`a client that floods its server with ${what} is told to calm down, and gone; another one does not notice`, async (t) => {
    const ground = inMemory();
    // Time stands still: however slow the machine, it is all within a second.
    const clock = createManualClock();
    const { address, server } = await serving(t, ground, { clock });
    const { probe } = calling(t, ground, address, { clock });
    await probe.nothing();
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["hang"]));
    await peer.expect("opened");
    peer.pieces(flood(), 16_384);
    const last = (await peer.rest()).at(-1);
    assert.equal(last?.fault?.reason, "ENHANCE_YOUR_CALM");
    assert.equal(last?.fault?.retryAfterMs, 1_000);
    assert.equal(await probe.add(1, 2), 3);
    assert.equal(server.connections, 1);
  });
}

test("a server that is pinged more often than anybody needs to drains the connection", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address } = await serving(t, ground, { clock });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(many(20, () => [ping()]));
  for (let n = 0; n < 20; n++) await peer.expect("pong");
  peer.send(ping());
  await peer.expect("drain", { target: 0 });
  peer.cut();
  const kinds = (await peer.rest()).map(({ kind }) => kind);
  assert.deepEqual(kinds, ["ping", "pong"]);
});

test("pings within what is allowed are answered for ever", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address } = await serving(t, ground, { clock });
  const peer = await raw.greeted(t, address, ground.transport);
  for (let second = 0; second < 60; second++) {
    peer.send(many(20, () => [ping()]));
    for (let n = 0; n < 20; n++) await peer.expect("pong");
    await clock.advance(1_000);
  }
});

test("cancels of calls that had their time are no flood, however many", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address } = await serving(t, ground, { clock, limits: { inFlight: 20_000 }, handlersRunning: 20_000 });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["hang"]));
  await peer.expect("opened");
  peer.send(many(15_000, (n) => [request({ id: n + 2 })]));
  await clock.advance(20);
  peer.send(
    many(15_000, (n) => [cancel(n + 2)]),
    ping(),
  );
  await peer.expect("pong");
});

const floodsOfServers: Readonly<Record<string, () => Buffer>> = {
  pings: () => many(1_001, () => [ping()]),
  "chunks of no bytes": () => many(10_001, () => [chunk(1, Buffer.alloc(0), { more: true })]),
  drains: () => many(10_001, () => [drain()]),
  pongs: () => many(10_001, () => [pong()]),
  "frames to be skipped": () => many(10_001, () => [{ kind: 0xc0 }]),
  "opens of its own": () => many(1_001, (n) => [open("Probe", ["hang"], { id: n + 1, flags: 0x100 })]),
  "requests of its own": () => many(10_001, (n) => [request({ id: n + 1, flags: 0x100 })]),
};

for (const [what, flood] of Object.entries(floodsOfServers)) {
  test(`a server that floods its client with ${what} is left, and the call that waits there says so`, async (t) => {
    const { peer, probe } = await meeting(t, inMemory(), { clock: createManualClock() });
    const call = probe.hang().catch((thrown: unknown) => thrown);
    await peer.expect("request");
    peer.send(flood());
    const last = (await peer.rest()).at(-1);
    assert.equal(last?.fault?.reason, "ENHANCE_YOUR_CALM");
    assert.match(String(await call), /within a second/);
  });
}

test("above its connections a server says so to who speaks the protocol, and names its option", async (t) => {
  const ground = inMemory();
  const { address, server } = await serving(t, ground, { connections: 2 });
  const peers = [await raw.greeted(t, address, ground.transport), await raw.greeted(t, address, ground.transport)];
  const third = await raw.client(t, address, ground.transport);
  third.send(hello());
  const { fault } = await third.expectClose("TOO_MANY_CONNECTIONS", { code: "resource_exhausted", processed: "no" });
  assert.match(fault?.message ?? "", /connections/);
  assert.equal(fault?.retryAfterMs, 1_000);
  const stranger = await raw.client(t, address, ground.transport);
  stranger.bytes("474554202f");
  await stranger.expectEnd();
  assert.equal(stranger.receivedBytes, 0);
  peers[0]!.cut();
  await peers[0]!.expectEnd();
  await until("there is room", () => server.connections < 2);
  await raw.greeted(t, address, ground.transport);
});

test("messages in part of all connections have one bound: the one begun last fails and says which option, the others end", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground, { partialBytes: 104_000 });
  const peers = await Promise.all([1, 2, 3].map(() => raw.greeted(t, address, ground.transport)));
  const part = Buffer.alloc(40_000, 0x61);
  const head = Buffer.from([0x91, 0xdb, 0, 0, 0xc3, 0x50]); // a list of one text of 50,000 bytes
  for (const peer of peers) {
    peer.send(open("Probe", ["echo"]));
    await peer.expect("opened");
    peer.send(request({ id: 2, total: 50_006, body: Buffer.concat([head, part]) }), ping());
    if (peer !== peers[2]) await peer.expect("pong");
  }
  const { fault } = await peers[2]!.expect("reject", { id: 2, reason: "PARTIAL_LIMIT", code: "resource_exhausted" });
  assert.match(fault?.message ?? "", /partialBytes/);
  await peers[2]!.expect("pong");
  for (const peer of peers) peer.send(chunk(2, Buffer.alloc(10_000, 0x61)), ping());
  for (const peer of peers.slice(0, 2)) {
    await peer.expect("pong");
    await peer.expect("response", { id: 2, value: "a".repeat(50_000) });
  }
  await peers[2]!.expect("pong");
  // Room again, and the connection whose message was given up is as good as before.
  peers[2]!.send(
    request({ id: 3, total: 50_006, body: Buffer.concat([head, part]) }),
    chunk(3, Buffer.alloc(10_000, 0x61)),
  );
  await peers[2]!.expect("response", { id: 3, value: "a".repeat(50_000) });
});

test("a thousand connections that announce 4 MiB and send ten bytes cost what arrived, and each is ended after ten seconds", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, server } = await serving(t, ground, { clock });
  const peers = [];
  for (let n = 0; n < 1_000; n++) peers.push(await raw.greeted(t, address, ground.transport));
  const { arrayBuffers: before } = process.memoryUsage();
  for (const peer of peers) {
    peer.send(open("Probe", ["echo"]), request({ id: 2, total: 4_194_304, body: Buffer.alloc(10) }), ping());
    await peer.expect("opened");
    await peer.expect("pong");
  }
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 64 * 1_048_576, `${grown} bytes for ten thousand that arrived`);
  assert.equal(server.connections, 1_000);
  await clock.advance(10_500);
  assert.equal(server.connections, 0);
});
