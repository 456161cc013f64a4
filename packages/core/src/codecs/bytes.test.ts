import assert from "node:assert/strict";
import { test } from "node:test";
import { RpcError } from "../contract/errors.js";
import { bytes, createSink, messagePack } from "./index.js";

const limits = { depth: 64, elements: 262_144 };

test("bytes arrive as they are, as the one argument and as a result", () => {
  const memory = new Uint8Array([1, 2, 3, 4]);
  for (const value of [memory.subarray(1, 3), Buffer.from([2, 3]), memory.buffer.slice(1, 3)]) {
    assert.deepStrictEqual(sent(value), Buffer.from([2, 3]));
    assert.deepStrictEqual(sent([value]), Buffer.from([2, 3]));
  }
});

test("bytes are copied out of what was read, and not out of a message that has memory of its own", () => {
  const body = Buffer.alloc(100_000, 7);
  for (const codec of [bytes, messagePack]) {
    const sink = createSink();
    codec.encode(body, sink);
    const message = Buffer.from(sink.bytes.subarray(0, sink.position));
    const decode = (owned: boolean) =>
      codec.decode(message, 0, message.length, owned ? { ...limits, owned } : limits) as Buffer;
    const [copied, referring] = [decode(false), decode(true)];
    assert.ok(copied.equals(body) && referring.equals(body));
    assert.notEqual(copied.buffer, message.buffer, codec.name);
    assert.equal(referring.buffer, message.buffer, codec.name);
  }
});

test("a few bytes do not keep a long message in memory", () => {
  const sink = createSink();
  messagePack.encode(["x".repeat(50_000), Buffer.alloc(100)], sink);
  const message = Buffer.from(sink.bytes.subarray(0, sink.position));
  const [, few] = messagePack.decode(message, 0, message.length, { ...limits, owned: true }) as [string, Buffer];
  assert.equal(few.length, 100);
  assert.notEqual(few.buffer, message.buffer);
});

test("no argument, undefined and no bytes arrive as no bytes", () => {
  for (const value of [[], [undefined], undefined, Buffer.alloc(0), [Buffer.alloc(0)]]) {
    assert.deepStrictEqual(sent(value), Buffer.alloc(0));
  }
});

test("anything else is refused with its place", () => {
  const cases: readonly (readonly [value: unknown, text: RegExp])[] = [
    ["text", /value: it is of type string, where the raw codec carries bytes/],
    [[{ a: 1 }], /value\[0\]: it is of type object/],
    [[null], /value\[0\]: it is null/],
    [[Buffer.alloc(1), Buffer.alloc(1)], /value: it has 2 arguments/],
    [[new Float64Array(1)], /value\[0\]: it is of type object/],
  ];
  for (const [value, text] of cases) {
    assert.throws(
      () => sent(value),
      (error) => error instanceof RpcError && error.reason === "ENCODE_FAILED" && text.test(error.message),
    );
  }
});

test("what was read stays what it is when the chunk is used again", () => {
  const chunk = Buffer.from([9, 1, 2, 9]);
  const body = bytes.decode(chunk, 1, 3, limits);
  chunk.fill(0);
  assert.deepStrictEqual(body, Buffer.from([1, 2]));
});

function sent(value: unknown): unknown {
  const sink = createSink();
  bytes.encode(value, sink);
  const written = sink.take();
  return bytes.decode(written, 0, written.length, limits);
}
