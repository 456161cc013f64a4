import assert from "node:assert/strict";
import test from "node:test";
import { createManualClock } from "@rpc/core/testing";
import { calling } from "./ground/calling.js";
import { inMemory } from "./ground/grounds.js";
import { heldBytes } from "./ground/heap.js";
import { serving } from "./ground/serving.js";
import { bytesOf, chunk, open, ping, request } from "./raw/frames.js";
import type { RawPeer } from "./raw/peer.js";
import { raw } from "./raw/raw.js";

const MiB = 1_048_576;
const partialBytes = 4 * MiB;
const metadata = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`name-${n}`, `${n}`.padEnd(80, "v")]));

/** A server with little room for messages in part, and as many peers that have opened `echo`. */
async function crowd(t: test.TestContext, count: number) {
  const ground = inMemory();
  const clock = createManualClock();
  const served = await serving(t, ground, { clock, partialBytes });
  const { probe } = calling(t, ground, served.address, { clock, retry: false });
  await probe.nothing();
  const peers: RawPeer[] = [];
  for (let n = 0; n < count; n++) {
    const peer = await raw.greeted(t, served.address, ground.transport);
    peer.send(open("Probe", ["echo"]));
    await peer.expect("opened");
    peers.push(peer);
  }
  return { ...served, clock, probe, peers };
}

/** Waits until all that a peer sent has been read. */
async function read(peer: RawPeer): Promise<void> {
  peer.send(ping());
  for (;;) if ((await peer.next("a pong")).kind === "pong") return;
}

test("peers that drip the parts of long messages do not keep others from sending theirs: the slowest are given up", async (t) => {
  const { server, clock, probe, peers } = await crowd(t, 20);
  const part = Buffer.alloc(50_000);
  for (const peer of peers) {
    peer.send(request({ id: 2, total: 4 * MiB, body: part }), chunk(2, part, { more: true }));
    await read(peer);
  }
  for (let second = 0; second < 12; second++) {
    for (const peer of peers) peer.send(chunk(2, Buffer.alloc(1), { more: true }));
    await clock.advance(1_000);
  }
  assert.equal(server.connections, 21, "they drip enough to be let be");
  assert.ok(server.stats().partialBytes > 3 * MiB);
  const sent = Buffer.alloc(1.5 * MiB, 7);
  for (let n = 0; n < 4; n++) {
    const [one, other] = await Promise.all([probe.echo(sent), probe.echo(sent)]);
    assert.ok(sent.equals(one as Uint8Array) && sent.equals(other as Uint8Array));
  }
  const { reasons } = server.stats().calls;
  assert.ok(reasons["PARTIAL_LIMIT"]! > 0 && reasons["PARTIAL_LIMIT"]! < 20, `${reasons["PARTIAL_LIMIT"]} given up`);
  assert.ok(server.stats().partialBytes <= partialBytes);
});

test("what is kept beside the parts counts: thousands of messages that are begun with much metadata have the same bound", async (t) => {
  const { server, peers } = await crowd(t, 8);
  const before = heldBytes();
  const one = bytesOf(request({ id: 0, total: 10_000, metadata, body: Buffer.alloc(1) }));
  const begun = Buffer.concat(Array<Buffer>(1_000).fill(one));
  for (let n = 0; n < 1_000; n++) begun.writeUInt32BE(n + 2, n * one.length + 8);
  for (const peer of peers) {
    peer.pieces(begun, 65_536);
    await read(peer);
  }
  const grown = heldBytes() - before;
  const { partialBytes: held } = server.stats();
  assert.ok(held <= partialBytes);
  assert.ok(grown < 2 * partialBytes + peers.length * MiB, `${grown} bytes held, ${held} counted`);
});

test("beginnings of frames count too, where they do not go on: who drips one is left when there is no room for others", async (t) => {
  const { server, clock, probe, peers } = await crowd(t, 70);
  const whole = bytesOf(request({ id: 2, body: Buffer.alloc(65_000) }));
  for (const peer of peers) peer.send(whole.subarray(0, 60_000));
  for (let second = 1; second < 12; second++) {
    await clock.advance(1_000);
    for (const peer of peers) peer.send(whole.subarray(60_000 + second, 60_001 + second));
  }
  assert.ok(server.stats().partialBytes <= partialBytes, "those that are too many are gone already");
  assert.ok(server.connections < 71);
  const sent = Buffer.alloc(2 * MiB, 7);
  assert.ok(sent.equals((await probe.echo(sent)) as Uint8Array));
  for (const peer of peers.slice(0, 5)) {
    const last = (await peer.rest()).at(-1);
    assert.equal(last?.fault?.reason, "PARTIAL_LIMIT");
    assert.match(last?.fault?.message ?? "", /partialBytes/);
  }
});
