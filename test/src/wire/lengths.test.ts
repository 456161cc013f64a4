import assert from "node:assert/strict";
import test from "node:test";
import { createManualClock } from "@rpc/core/testing";
import { grounds, inMemory, onTcp } from "./ground/grounds.js";
import { heldBytes } from "./ground/heap.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { cancel, chunk, inParts, open, ping, request } from "./raw/frames.js";
import { args } from "./raw/msgpack.js";
import { maxFrameBytes, preface } from "./raw/numbers.js";
import { raw } from "./raw/raw.js";

const MiB = 1_048_576;

for (const ground of grounds.map((make) => make())) {
  for (const length of [maxFrameBytes + 1, 0x10_0000, 0xff_ffff]) {
    test(`a frame said to be ${length} bytes long ends the connection with the reason, before any of it came (${ground.name})`, async (t) => {
      const { address } = await serving(t, ground);
      const peer = await raw.greeted(t, address, ground.transport);
      peer.send({ kind: "request", id: 1, length });
      const { fault } = await peer.expectClose("FRAME_TOO_LARGE", { code: "resource_exhausted" });
      assert.match(fault!.message, new RegExp(`${length}.*65536`));
    });
  }

  test(`twelve bytes of 0xFF end the connection with the reason and cost no memory (${ground.name})`, async (t) => {
    const { address } = await serving(t, ground);
    const peer = await raw.greeted(t, address, ground.transport);
    peer.bytes("ff".repeat(12));
    await peer.expectClose("FRAME_TOO_LARGE");
  });

  test(`a refusal before the hello was heard can be read by who said it: our preface comes first (${ground.name})`, async (t) => {
    const { address } = await serving(t, ground);
    const peer = await raw.client(t, address, ground.transport);
    peer.send(preface, { kind: "hello", length: 0xff_ffff });
    await peer.expectClose("FRAME_TOO_LARGE");
  });

  test(`a frame of exactly the largest length is taken (${ground.name})`, async (t) => {
    const { address } = await serving(t, ground);
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["echo"]));
    await peer.expect("opened");
    const text = "x".repeat(maxFrameBytes - args("").length - 4);
    const body = args(text);
    assert.equal(body.length, maxFrameBytes);
    peer.send(request({ id: 2, body }));
    // Its answer is the same without the list around it.
    await peer.expect("response", { id: 2, value: text });
  });

  test(`a message above the limit fails its call alone, is skipped unread, and the connection goes on (${ground.name})`, async (t) => {
    const { address, ran } = await serving(t, ground, { limits: { messageBytes: 200_000 } });
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["echo", "add"]));
    await peer.expect("opened");
    const body = args("x".repeat(200_001 - 6));
    assert.equal(body.length, 200_001);
    peer.send(...inParts((part) => request({ id: 2, total: body.length, body: part }), 2, body, 60_000));
    const { fault } = await peer.expect("reject", { id: 2, reason: "MESSAGE_TOO_LARGE", processed: "no" });
    assert.match(fault!.message, /200001.*limits\.messageBytes 200000/);
    peer.send(request({ id: 3, method: 1, args: [1, 2] }));
    await peer.expect("response", { id: 3, value: 3 });
    const fits = args("x".repeat(200_000 - 6));
    peer.send(...inParts((part) => request({ id: 4, total: fits.length, body: part }), 4, fits, 60_000));
    await peer.expect("response", { id: 4 });
    assert.equal(ran.length, 2);
  });

  test(`a message that turns out longer or shorter than it said ends the connection (${ground.name})`, async (t) => {
    const { address, ran } = await serving(t, ground);
    for (const frames of [
      [request({ id: 2, total: 10, body: Buffer.alloc(8) }), chunk(2, Buffer.alloc(3))],
      [request({ id: 2, total: 10, body: Buffer.alloc(8) }), chunk(2, Buffer.alloc(1))],
      [request({ id: 2, total: 10, body: Buffer.alloc(11) })],
    ]) {
      const peer = await raw.greeted(t, address, ground.transport);
      peer.send(open("Probe", ["echo"]));
      await peer.expect("opened");
      peer.send(...frames);
      await peer.expectClose("WRONG_LENGTH");
    }
    assert.equal(ran.length, 0);
  });
}

test("a peer that begins more than it was told to ends its connection, so that it cannot fill the memory with beginnings", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground, { limits: { partialBytes: 100_000 } });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["echo"]));
  await peer.expect("opened");
  peer.send(request({ id: 2, total: 50_000, body: Buffer.alloc(1) }));
  peer.send(request({ id: 3, total: 50_000, body: Buffer.alloc(1) }));
  peer.send(ping());
  await peer.expect("pong");
  peer.send(request({ id: 4, total: 1, body: Buffer.alloc(0) }));
  await peer.expectClose("PARTIAL_LIMIT", { code: "resource_exhausted", message: /limits\.partialBytes/ });
});

test("a message that was begun and given up makes room for another one", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground, { limits: { partialBytes: 100_000 } });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["echo"]));
  await peer.expect("opened");
  for (let id = 2; id < 50; id++) {
    peer.send(request({ id, total: 90_000, body: Buffer.alloc(100) }), cancel(id));
    // What was still on its way is passed over.
    peer.send(chunk(id, Buffer.alloc(100), { more: true }));
  }
  peer.send(ping());
  await peer.expect("pong");
});

test("a thousand connections that announce 4 MiB and send ten bytes cost what they sent, and are ended when nothing more comes", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, server } = await serving(t, ground, { clock });
  const count = 1_000;
  const peers = await Promise.all(
    Array.from({ length: count }, async () => {
      const peer = await raw.greeted(t, address, ground.transport);
      peer.send(open("Probe", ["echo"]));
      await peer.expect("opened");
      return peer;
    }),
  );
  const before = heldBytes();
  for (const peer of peers) peer.send(request({ id: 2, total: 4 * MiB, body: Buffer.alloc(10) }));
  await clock.settle();
  const grown = heldBytes() - before;
  assert.ok(grown < 16 * MiB, `memory grew by ${Math.round(grown / count)} bytes a connection`);
  assert.equal(server.connections, count);
  await clock.advance(9_900);
  assert.equal(server.connections, count);
  await clock.advance(400);
  assert.equal(server.connections, 0);
  for (const peer of peers) await peer.expectClose("PARTIAL_TIMEOUT", { code: "deadline_exceeded" });
});

test("a frame that was begun and does not go on ends its connection after limits.partialMs", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address } = await serving(t, ground, { clock, limits: { partialMs: 2_000 } });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send({ kind: "request", id: 1, length: 5_000, body: Buffer.alloc(7) });
  await clock.advance(1_900);
  peer.send(Buffer.alloc(1));
  await clock.advance(1_900);
  peer.send(ping());
  await clock.advance(2_300);
  await peer.expectClose("PARTIAL_TIMEOUT");
});

test("a message in parts of no bytes at all neither grows the memory nor counts as going on", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address } = await serving(t, ground, { clock });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["echo"]));
  await peer.expect("opened");
  peer.send(request({ id: 2, total: MiB, body: Buffer.alloc(1) }));
  const nothing = Buffer.concat(Array.from({ length: 5_000 }, () => Buffer.from("0d0000000001000000000002", "hex")));
  const before = heldBytes();
  for (let round = 0; round < 2; round++) {
    peer.send(nothing);
    await clock.settle();
  }
  const grown = heldBytes() - before;
  assert.ok(grown < 4 * MiB, `10,000 empty parts left ${grown} bytes behind`);
  for (let round = 0; round < 6; round++) {
    await clock.advance(2_000);
    peer.send(chunk(2, Buffer.alloc(0), { more: true }));
  }
  await peer.expectClose("PARTIAL_TIMEOUT");
});

test("a message in parts of one byte costs its bytes, not an object for each", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address } = await serving(t, ground, { clock });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["echo"]));
  await peer.expect("opened");
  peer.send(request({ id: 2, total: MiB, body: Buffer.alloc(1) }));
  const single = Buffer.concat(Array.from({ length: 5_000 }, () => Buffer.from("0d000001000100000000000200", "hex")));
  const before = heldBytes();
  for (let round = 0; round < 40; round++) {
    peer.send(single);
    await clock.settle();
  }
  const grown = heldBytes() - before;
  assert.ok(grown < 4 * MiB, `200,000 bytes in as many parts cost ${grown} bytes`);
});

test("what is announced and what is sent by many at once over real sockets does not grow the process", async (t) => {
  const ground = onTcp();
  const { address, server } = await serving(t, ground, { limits: { partialMs: 300 } });
  const peers = await Promise.all(Array.from({ length: 100 }, () => raw.greeted(t, address)));
  for (const peer of peers)
    peer.send(open("Probe", ["echo"]), request({ id: 2, total: 4 * MiB, body: Buffer.alloc(10) }));
  for (const peer of peers) await peer.expect("opened");
  await until("every one was ended", () => server.connections === 0);
});
