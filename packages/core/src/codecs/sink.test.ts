import assert from "node:assert/strict";
import { test } from "node:test";
import { RpcError } from "../contract/errors.js";
import { bytes, createSink, messagePack } from "./index.js";

const tooLarge = (error: unknown): boolean =>
  error instanceof RpcError &&
  error.code === "resource_exhausted" &&
  error.reason === "MESSAGE_TOO_LARGE" &&
  error.processed === "no" &&
  /messageBytes/.test(error.message);

test("a sink keeps what was written while it grows", () => {
  const sink = createSink();
  for (let index = 0; index < 100_000; index++) {
    if (sink.bytes.length === sink.position) sink.reserve(1);
    sink.bytes[sink.position++] = index;
  }
  const written = sink.take();
  assert.equal(written.length, 100_000);
  assert.ok(written.every((byte, index) => byte === index % 256));
  assert.equal(sink.position, 0);
});

test("what is taken from a sink is not overwritten by the next message", () => {
  const sink = createSink();
  messagePack.encode("first", sink);
  const first = sink.take();
  messagePack.encode("other", sink);
  assert.equal(first.toString("latin1", 1), "first");
});

test("a message of exactly the limit is written, one byte more is refused with the option's name", () => {
  const sink = createSink(1_000);
  bytes.encode(Buffer.alloc(1_000, 7), sink);
  assert.equal(sink.take().length, 1_000);
  assert.throws(() => bytes.encode(Buffer.alloc(1_001), sink), tooLarge);
});

test("the limit is 4 MiB unless another is given", () => {
  const sink = createSink();
  messagePack.encode(Buffer.alloc(4_194_304 - 5), sink);
  assert.equal(sink.take().length, 4_194_304);
  assert.throws(() => messagePack.encode(Buffer.alloc(4_194_304 - 4), sink), tooLarge);
});

test("whatever a message ends with, it is written when it just fits and refused when it does not", () => {
  const endings: [unknown, number][] = [
    [7, 1],
    [200, 2],
    [60_000, 3],
    [-70_000, 5],
    [2 ** 40, 9],
    [0.5, 9],
    [null, 1],
    [true, 1],
    [undefined, 3],
    ["", 1],
    ["short", 6],
    ["é".repeat(20), 42],
    ["x".repeat(200), 202],
    ["é".repeat(200), 403],
    ["x".repeat(70_000), 70_005],
    [Buffer.alloc(200), 202],
    [Buffer.alloc(300), 303],
    [[], 1],
    [new Array(20).fill(1), 23],
    [{}, 1],
    [{ a: 1 }, 4],
    [{ "a long name that is not remembered": 1 }, 38],
    [Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`key${index}`, 0])), 3 + 16 * 6 + 6],
    [new Map([[1, 2]]), 6],
    [new Map([["x".repeat(300), 2]]), 4 + 1 + 303 + 1],
    [new Set([1, 2, 3]), 7],
    [new Error("no"), 3 + 1 + 6 + 3],
    [Object.assign(new Error("no"), { code: 5 }), 3 + 1 + 6 + 3 + 1],
    [new Date(0), 6],
    [new Date(1), 10],
    [new Date(-1), 15],
    [5n, 10],
    [2n ** 63n, 9],
    [2n ** 70n, 18],
    [new Float64Array(2), 20],
  ];
  for (const [ending, size] of endings) {
    const before = 1_000;
    // An array of two: bytes that fill the sink but for what the ending takes, then the ending.
    const value = [Buffer.alloc(before), ending];
    const sink = createSink(1 + 3 + before + size);
    messagePack.encode(value, sink);
    assert.equal(sink.position, 1 + 3 + before + size, `size of ${String(ending).slice(0, 20)}`);
    const tight = createSink(1 + 3 + before + size - 1);
    assert.throws(() => messagePack.encode(value, tight), tooLarge, `${String(ending).slice(0, 20)} in one byte less`);
  }
});

test("a sink that moves the message while it grows does not tear headers from what they belong to", () => {
  const wide = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`name${index}`, "x".repeat(index * 7)]));
  const value = [
    new Map([["wide", wide]]),
    new Set([wide, "y".repeat(300)]),
    wide,
    Object.assign(new Error("e"), { code: "C" }),
  ];
  const plain = createSink();
  messagePack.encode(value, plain);
  const expected = plain.take();
  for (const first of [0, 1, 7, 64, 128, 129, 300, 1_000]) {
    const moving = movingSink(first);
    messagePack.encode(value, moving);
    assert.deepEqual(moving.message(), expected, `with ${first} bytes at first`);
  }
});

/** Gives little more than what was asked for, and moves what there is of the message to another offset each time, as an outbox does. */
function movingSink(first: number) {
  let start = 3;
  return {
    bytes: Buffer.alloc(3 + first),
    position: 3,
    reserve(count: number): void {
      const moved = (start * 5 + 1) % 97;
      const written = this.position - start;
      const bytes = Buffer.alloc(moved + written + count + (count % 3), 0xc1);
      this.bytes.copy(bytes, moved, start, this.position);
      this.bytes = bytes;
      this.position = moved + written;
      start = moved;
    },
    message(): Buffer {
      return this.bytes.subarray(start, this.position);
    },
  };
}
