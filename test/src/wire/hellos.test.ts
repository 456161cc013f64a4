import assert from "node:assert/strict";
import test from "node:test";
import { createManualClock } from "@rpc/core/testing";
import { calling } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { inMemory } from "./ground/grounds.js";
import { serving } from "./ground/serving.js";
import { u8, u32 } from "./raw/bytes.js";
import { bytesOf, hello, helloBody, tlv } from "./raw/frames.js";
import { preface } from "./raw/numbers.js";
import { raw } from "./raw/raw.js";

test("a hello of 4 KiB is heard, and one byte more is refused with the reason", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground);
  const room = 4_096 - helloBody().length - 3;
  const fits = await raw.client(t, address, ground.transport);
  fits.send(hello({ more: [[99, Buffer.alloc(room)]] }));
  await fits.expect("welcome");
  const above = await raw.client(t, address, ground.transport);
  above.send(hello({ more: [[99, Buffer.alloc(room + 1)]] }));
  await above.expectClose("HELLO_TOO_LARGE");
});

/** Hellos that say too little, or nothing that can be. */
const malformed: readonly (readonly [string, Buffer, reason: string])[] = [
  ["is empty", Buffer.alloc(0), "MALFORMED_HELLO"],
  ["ends in a field's head", Buffer.from([1, 0]), "MALFORMED_HELLO"],
  ["ends in a field", Buffer.from([1, 0, 9, 1]), "MALFORMED_HELLO"],
  ["has no codecs", helloBody({ codecs: [] }), "MALFORMED_HELLO"],
  ["has no versions", helloBody({ versions: [] as unknown as [number, number] }), "MALFORMED_HELLO"],
  ["has no limits", Buffer.concat([tlv(1, Buffer.from([1, 1])), tlv(3, u8(1))]), "MALFORMED_HELLO"],
  ["has limits cut short", helloBody({ limits: [1, 2] }), "MALFORMED_HELLO"],
  ["speaks only later versions", helloBody({ versions: [2, 9] }), "VERSION_MISMATCH"],
  ["speaks only an earlier version", helloBody({ versions: [0, 0] }), "VERSION_MISMATCH"],
  ["knows no codec of ours", helloBody({ codecs: [200, 201] }), "NO_CODEC"],
  ["is of another cluster", helloBody({ cluster: "staging" }), "WRONG_CLUSTER"],
];

for (const [what, body, reason] of malformed) {
  test(`a hello that ${what} is refused with ${reason} in a frame that its sender can read`, async (t) => {
    const ground = inMemory();
    const { address } = await serving(t, ground);
    const peer = await raw.client(t, address, ground.transport);
    peer.send(preface, { kind: "hello", body });
    await peer.expectClose(reason);
  });

  test(`a welcome that ${what} fails the attempt to connect, and no call is sent`, async (t) => {
    const ground = inMemory();
    const clock = createManualClock();
    const server = await raw.server(t, ground.listen, ground.transport);
    const { probe } = calling(t, ground, server.address, { clock, retry: false });
    const failing = failed(probe.add(1, 2));
    const peer = await server.accept();
    await peer.expect("hello");
    peer.send(preface, { kind: "welcome", body });
    await peer.expectClose(reason);
    await server.close();
    await clock.advance(6_000);
    assert.equal((await failing).processed, "no");
  });
}

test("features that only one side knows are not in force, and versions beside ours do no harm", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground);
  const peer = await raw.client(t, address, ground.transport);
  peer.send(hello({ features: 0xffff_ffff, versions: [1, 255], codecs: [77, 1, 2] }));
  const { bytes } = await peer.expect("welcome");
  const welcome = bytes.subarray(12);
  assert.ok(welcome.includes(tlv(1, Buffer.from([1, 1]))), "version 1 was chosen");
  assert.ok(welcome.includes(tlv(2, u32(28))), "of all features only streams, oneway and error classes");
  assert.ok(welcome.includes(tlv(3, Buffer.from([1, 2]))), "the codecs both know, in the dialler's order");
});

test("who says nothing after connecting is let go after limits.helloMs and told nothing; who began properly is told why", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, server } = await serving(t, ground, { clock });
  const silent = await raw.client(t, address, ground.transport);
  const begun = await raw.client(t, address, ground.transport);
  const half = await raw.client(t, address, ground.transport);
  begun.send(preface);
  half.send(bytesOf(hello()).subarray(0, 40));
  await clock.advance(4_900);
  assert.equal(server.connections, 3);
  await clock.advance(400);
  assert.equal(server.connections, 0);
  await silent.expectEnd();
  assert.equal(silent.receivedBytes, 0);
  await begun.expectClose("HELLO_TIMEOUT");
  await half.expectClose("HELLO_TIMEOUT");
});

test("limits without an end, or larger than a hello can say, are as large as it can", async (t) => {
  const ground = inMemory();
  const endless = Number.POSITIVE_INFINITY;
  const limits = { messageBytes: 2 ** 40, inFlight: endless, partialBytes: endless };
  const { address } = await serving(t, ground, { limits });
  const { probe } = calling(t, ground, address, { limits });
  assert.equal(await probe.echo("x".repeat(5_000_000)).then((text) => (text as string).length), 5_000_000);
});
