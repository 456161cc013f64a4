import assert from "node:assert/strict";
import test from "node:test";
import { withOptions } from "@rpc/core";
import { concurrencyLimit } from "@rpc/core/limits";
import { createManualClock } from "@rpc/core/testing";
import { agreeing } from "./ground/agreeing.js";
import { failed } from "./ground/failed.js";
import { inMemory } from "./ground/grounds.js";
import { heldBytes } from "./ground/heap.js";
import { firstId, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { turns } from "./ground/turns.js";
import { until } from "./ground/until.js";
import { bytesOf, cancel, chunk, hello, ping, request, response } from "./raw/frames.js";
import type { RawPeer } from "./raw/peer.js";

const MiB = 1_048_576;

type End = (peer: RawPeer, again: () => Promise<RawPeer>) => Promise<RawPeer> | RawPeer;

const ends: Readonly<Record<string, End>> = {
  "is cancelled": (peer) => {
    peer.send(cancel(2));
    return peer;
  },
  "is lost with its connection": async (peer, again) => {
    peer.cut();
    await peer.expectEnd();
    return again();
  },
  "is shorter than was announced": async (peer, again) => {
    peer.send(chunk(2, Buffer.alloc(3)));
    await peer.expect("close", { reason: "WRONG_LENGTH" });
    return again();
  },
};

for (const [how, end] of Object.entries(ends)) {
  test(`a call that ${how} while it comes in parts counts no more among those of its caller`, async (t) => {
    const ground = inMemory();
    const limit = concurrencyLimit({ calls: 1 });
    const { address } = await serving(t, ground, { admissions: [limit.admission], interceptors: [limit.interceptor] });
    const first = await agreeing(t, ground, address);
    first.send(request({ id: 2, method: 1, total: 100_000, body: Buffer.alloc(60_000) }));
    const peer = await end(first, () => agreeing(t, ground, address));
    await turns();
    peer.send(request({ id: 3, method: 0, args: [1, 2] }));
    await peer.expect("response", { id: 3, value: 3 });
  });
}

test("nor does one in a codec that was not agreed", async (t) => {
  const ground = inMemory();
  const limit = concurrencyLimit({ calls: 1 });
  const { address } = await serving(t, ground, { admissions: [limit.admission], interceptors: [limit.interceptor] });
  const first = await agreeing(t, ground, address);
  first.send(request({ id: 2, method: 1, args: [], codec: 77 }));
  await first.expect("close", { reason: "UNKNOWN_CODEC" });
  const peer = await agreeing(t, ground, address);
  peer.send(request({ id: 3, method: 0, args: [1, 2] }));
  await peer.expect("response", { id: 3, value: 3 });
});

test("what a call waited with is let go of when it is cancelled, though a limit on its caller keeps the call for a while", async (t) => {
  const ground = inMemory();
  const limit = concurrencyLimit({ calls: 400 });
  const { address, ran } = await serving(t, ground, {
    handlersRunning: 1,
    drainMs: 100,
    admissions: [limit.admission],
    interceptors: [limit.interceptor],
  });
  const peer = await agreeing(t, ground, address);
  peer.send(request({ id: 2, method: 3, args: [] }));
  await until("it runs", () => ran.length === 1);
  let before = 0;
  for (let id = 3; id < 303; id++) {
    if (id === 153) before = heldBytes();
    peer.send(request({ id, method: 1, args: [Buffer.alloc(60_000)] }));
    await new Promise((resolve) => setImmediate(resolve));
    peer.send(cancel(id));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const grownBytes = heldBytes() - before;
  assert.ok(grownBytes < 4 * MiB, `${grownBytes} bytes more after 150 calls of 60,000 bytes`);
});

test("a oneway call that is cancelled while it waits leaves nothing behind", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, ran, server } = await serving(t, ground, { clock, handlersRunning: 1, drainMs: 100 });
  const peer = await agreeing(t, ground, address);
  peer.send(request({ id: 2, method: 3, args: [], timeLeftMs: 3_000_000 }));
  await clock.settle();
  assert.equal(ran.length, 1);
  let before = 0;
  for (let round = 0; round < 420; round++) {
    if (round === 20) before = heldBytes();
    const ids = Array.from({ length: 500 }, (_, n) => 3 + round * 500 + n);
    peer.send(...ids.map((id) => request({ id, method: 2, args: [], oneway: true, timeLeftMs: 3_000_000 })));
    await clock.advance(100);
    assert.equal(server.stats().waitQueue.entries, 500);
    peer.send(...ids.map((id) => cancel(id)));
    await clock.advance(1_000);
    assert.equal(server.stats().waitQueue.entries, 0);
  }
  const grownBytes = heldBytes() - before;
  assert.ok(grownBytes < 2 * MiB, `${grownBytes} bytes more after 200,000 calls`);
});

test("a peer that pings on and on while it is told to go away is not remembered once for each ping", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, server } = await serving(t, ground, { clock, drainMs: 100 });
  const stream = await ground.transport.connect(address, new AbortController().signal);
  stream.on("error", () => {});
  stream.resume();
  stream.write(bytesOf(hello()));
  await clock.advance(10);
  const pings = Buffer.concat(Array.from({ length: 900 }, () => bytesOf(ping())));
  let before = 0;
  for (let second = 0; second < 61; second++) {
    if (second === 1) before = heldBytes();
    stream.write(pings);
    await clock.advance(1_000);
  }
  const grownBytes = heldBytes() - before;
  assert.equal(server.connections, 1);
  stream.destroy();
  await clock.advance(10);
  assert.ok(grownBytes < MiB, `${grownBytes} bytes more after a minute`);
});

test("calls that were given up while they waited to be sent keep nothing of what they would have sent", async (t) => {
  const { peer, probe } = await meeting(t, inMemory(), { limits: { inFlight: 1 } });
  const first = probe.echo("first");
  await peer.expect("request", { value: ["first"] });
  const arguments_: WeakRef<object>[] = [];
  const giveUpAll = async (): Promise<void> => {
    const giveUp = new AbortController();
    const impatient = withOptions(probe, { signal: giveUp.signal });
    const waiting = Array.from({ length: 60 }, (_, n) => {
      const argument = { n };
      arguments_.push(new WeakRef(argument));
      return failed(impatient.echo(argument));
    });
    giveUp.abort();
    for (const { code } of await Promise.all(waiting)) assert.equal(code, "cancelled");
  };
  await giveUpAll();
  await turns();
  heldBytes();
  const kept = arguments_.filter((argument) => argument.deref() !== undefined).length;
  assert.ok(kept < 6, `${kept} of 60 arguments are kept`);
  peer.send(response(firstId, { value: 1 }));
  assert.equal(await first, 1);
});
