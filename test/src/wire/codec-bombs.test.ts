import assert from "node:assert/strict";
import test from "node:test";
import { RpcError } from "@rpc/core";
import { inMemory } from "./ground/grounds.js";
import { heldBytes } from "./ground/heap.js";
import { firstId, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { u8, u16, u32 } from "./raw/bytes.js";
import { inParts, open, ping, request, response } from "./raw/frames.js";
import { mapHead, msgpack } from "./raw/msgpack.js";
import { raw } from "./raw/raw.js";

const nil = u8(0xc0);
const MiB = 1_048_576;

/** `levels` arrays, one inside the other. */
const nested = (levels: number): Buffer => Buffer.concat([Buffer.alloc(levels, 0x91), nil]);
const nestedMaps = (levels: number): Buffer =>
  Buffer.concat([Buffer.concat(Array.from({ length: levels }, () => Buffer.from([0x81, 0xa1, 0x61]))), nil]);
const array = (length: number, items: Buffer): Buffer => Buffer.concat([u8(0xdd), u32(length), items]);
const extension = (type: number, payload: Buffer): Buffer =>
  Buffer.concat([u8(0xc9), u32(payload.length), u8(type), payload]);

/** Values that are small to send and dear to read. `reason`: what must be said, where only one thing can be. */
const bombs: readonly (readonly [what: string, value: Buffer, reason?: string])[] = [
  ["100 levels of arrays", nested(100), "DEPTH_LIMIT"],
  ["100,000 levels of arrays", nested(100_000), "DEPTH_LIMIT"],
  ["20,000 levels of objects", nestedMaps(20_000), "DEPTH_LIMIT"],
  ["a million levels without a bottom", Buffer.alloc(MiB, 0x91), "DEPTH_LIMIT"],
  ["an array of 2³² − 1", array(0xffff_ffff, nil)],
  ["an array of 65,535 that is not there", Buffer.concat([u8(0xdc), u16(65_535)])],
  ["an object of 2³² − 1", Buffer.concat([u8(0xdf), u32(0xffff_ffff)])],
  ["a string of 2³² − 1 bytes", Buffer.concat([u8(0xdb), u32(0xffff_ffff), Buffer.alloc(9)])],
  ["bytes of 2³² − 1", Buffer.concat([u8(0xc6), u32(0xffff_ffff)])],
  ["an extension of 2³² − 1 bytes", Buffer.concat([u8(0xc9), u32(0xffff_ffff), u8(1)])],
  ["300,000 elements", array(300_000, Buffer.alloc(300_000, 0xc0)), "ELEMENT_LIMIT"],
  [
    "arrays of arrays, 300,000 in all",
    array(300, Buffer.concat(Array.from({ length: 300 }, () => array(1_000, Buffer.alloc(1_000, 0xc0))))),
    "ELEMENT_LIMIT",
  ],
  ["a million empty arrays", array(MiB, Buffer.alloc(MiB, 0x90)), "ELEMENT_LIMIT"],
  ["100 levels inside Maps", insideMaps(100), "DEPTH_LIMIT"],
  ["300,000 elements inside a Set", extension(2, array(300_000, Buffer.alloc(300_000, 0xc0))), "ELEMENT_LIMIT"],
  ["a Map that claims more than it holds", extension(1, Buffer.concat([u8(0xdf), u32(1_000_000)]))],
  ["a Set that is no array", extension(2, nil)],
  ["a Map with something behind it", extension(1, Buffer.from([0x80, 0xc0]))],
  ["an extension nobody knows", extension(100, Buffer.alloc(8))],
  ["a byte without a meaning", u8(0xc1)],
  ["a value that ends in the middle", Buffer.from([0x92, 0xc0])],
  ["nothing", Buffer.alloc(0)],
];

function insideMaps(levels: number): Buffer {
  let value = nil;
  for (let level = 0; level < levels; level++) value = extension(1, Buffer.concat([mapHead(1), msgpack("k"), value]));
  return value;
}

const large = 60_000;

for (const [what, value, reason] of bombs) {
  test(`${what} as an argument fail the call that brought them, run no handler, and the connection lives`, async (t) => {
    const ground = inMemory();
    const { address, ran } = await serving(t, ground);
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["echo"]));
    await peer.expect("opened");
    const body = Buffer.concat([u8(0x91), value]);
    const before = heldBytes();
    const begin = (part: Buffer) => request({ id: 2, body: part, ...(body.length > large && { total: body.length }) });
    peer.send(...inParts(begin, 2, body, large));
    const { fault } = await peer.expect("reject", { id: 2, code: "invalid_argument", processed: "no" });
    if (reason !== undefined) assert.equal(fault?.reason, reason);
    assert.ok(heldBytes() - before < 8 * MiB);
    assert.equal(ran.length, 0);
    peer.send(request({ id: 3, args: ["alive"] }));
    await peer.expect("response", { id: 3, value: "alive" });
  });

  test(`${what} as an answer fail the call they answer, and the connection lives`, async (t) => {
    const { peer, probe } = await meeting(t, inMemory());
    const failing = probe.echo(1).catch((thrown: unknown) => thrown);
    await peer.expect("request", { id: firstId });
    const begin = (part: Buffer) =>
      response(firstId, { body: part, ...(value.length > large && { total: value.length }) });
    peer.send(...inParts(begin, firstId, value, large));
    const failed = await failing;
    assert.ok(failed instanceof RpcError);
    assert.equal(failed.code, "internal");
    assert.equal(failed.processed, "yes");
    if (reason !== undefined) assert.equal(failed.reason, reason);
    peer.send(ping());
    await peer.expect("pong");
  });
}

for (const key of ["__proto__", "constructor", "prototype", "then", "toString", "hasOwnProperty", "__defineGetter__"]) {
  test(`an object with the key ${key} pollutes nothing, at whatever depth, and is own data or refused`, async (t) => {
    const ground = inMemory();
    const seen: unknown[] = [];
    const { address } = await serving(t, ground, {
      on: {
        look: ({ input: [value] }) => {
          seen.push(value);
          return Object.hasOwn(value as object, key);
        },
      },
    });
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["look"]));
    await peer.expect("opened");
    const inner = Buffer.concat([mapHead(1), msgpack("polluted"), msgpack(true)]);
    const outer = Buffer.concat([mapHead(1), msgpack(key), inner]);
    const deeper = Buffer.concat([mapHead(1), msgpack("a"), u8(0x91), outer]);
    for (const [id, value] of [
      [2, outer],
      [3, deeper],
      [4, extension(1, outer)],
    ] as const) {
      peer.send(request({ id, body: Buffer.concat([u8(0x91), value]) }));
      const answer = await peer.next();
      assert.ok(answer.kind === "response" || answer.fault?.code === 3, "it is own data, or refused");
      if (id === 2 && answer.kind === "response") assert.deepEqual(answer.body, u8(0xc3), "it is an own property");
      assert.equal(Reflect.get({}, "polluted"), undefined);
      assert.equal(Reflect.get([], "polluted"), undefined);
    }
    for (const value of seen) assert.equal(Reflect.get(value as object, "polluted"), undefined);
  });
}
