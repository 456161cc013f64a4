import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sink } from "../../contract/codec.js";
import { RpcError } from "../../contract/errors.js";
import { createSink, messagePack } from "../index.js";

const limits = { depth: 64, elements: 262_144 };

test("what cannot be sent is refused with where it is and what it is", () => {
  const cases: readonly (readonly [value: unknown, text: RegExp])[] = [
    [() => 1, /cannot encode value: it is a function/],
    [[{ items: [1, 2, 3, { onClick() {} }] }], /value\[0\]\.items\[3\]\.onClick: it is a function/],
    [{ key: Symbol("k") }, /value\.key: it is a symbol/],
    [class {}, /value: it is a function/],
    [{ "two words": [() => 1] }, /value\["two words"\]\[0\]: it is a function/],
    [{ ["x".repeat(100)]: () => 1 }, /value\["x{40}…"\]: it is a function/],
    [new Map([["k", { f: () => 1 }]]), /value\.get\("k"\)\.f: it is a function/],
    [new Map([[{ f: () => 1 }, 1]]), /value\.entry\(0\)\.f: it is a function/],
    [new Set([1, () => 1]), /value\.member\(1\): it is a function/],
    [[Promise.resolve(1)], /value\[0\]: it is a promise: await it first/],
    [{ r: /x/ }, /value\.r: it is a RegExp/],
    [new WeakMap(), /it is a weak collection/],
    [new WeakSet(), /it is a weak collection/],
    [new WeakRef({}), /it is of class WeakRef/],
    [(function* () {})(), /it is a generator/],
    [[1].values(), /it is of class Array Iterator/],
    [new Map().keys(), /it is an iterator/],
    [new Number(5), /it is a primitive in an object/],
    [Object(5n), /it is a primitive in an object/],
    [new SharedArrayBuffer(1), /it is shared memory/],
    [new URL("http://localhost/"), /it is of class URL/],
    [new AbortController().signal, /it is of class AbortSignal/],
    [new Proxy(new Map(), {}), /looks like a Map but is none/],
    [Object.create(Date.prototype), /looks like a Date but is none/],
    [2n ** 8_191n, /it is a bigint of more than 8192 bits/],
    [[-(2n ** 8_191n) - 1n], /value\[0\]: it is a bigint of more than 8192 bits/],
  ];
  for (const [value, text] of cases) assert.throws(() => encoded(value), refused(text));
});

test("a value that contains itself is refused by its depth", () => {
  const list: unknown[] = [];
  list.push({ list });
  const map = new Map<string, unknown>();
  map.set("self", map);
  const set = new Set<unknown>();
  set.add([set]);
  for (const value of [list, map, set])
    assert.throws(() => encoded(value), refused(/deeper than 64 levels, as a value that contains itself/));
});

test("a path is cut where it is long", () => {
  let value: unknown = () => 1;
  for (let level = 0; level < 60; level++) value = { down: value };
  assert.throws(
    () => encoded(value),
    (error) =>
      error instanceof RpcError &&
      error.message.length < 250 &&
      /^cannot encode value\.down.*….*\.down: it is a function$/.test(error.message),
  );
});

test("code of the value's own that throws is named by its place, with what it threw as the cause", () => {
  const thrown = new Error("the database is closed");
  const getter = Object.defineProperty({}, "total", {
    enumerable: true,
    get: () => {
      throw thrown;
    },
  });
  const proxy = new Proxy({}, { ownKeys: () => assert.fail(thrown) });
  const revoked = Proxy.revocable([], {});
  revoked.revoke();
  const message = Object.defineProperty(new Error(), "message", Object.getOwnPropertyDescriptor(getter, "total")!);
  const named = (value: unknown, path: RegExp, cause: unknown): void => {
    assert.throws(
      () => encoded(value),
      (error) => refused(path)(error) && (cause === undefined || (error as RpcError).cause === cause),
    );
  };
  named([1, { order: getter }], /value\[1\]\.order\.total: it could not be read/, thrown);
  named({ proxy }, /value\.proxy: it could not be read/, thrown);
  named([revoked.proxy], /value\[0\]: it could not be read/, undefined);
  named({ error: message }, /value\.error\.message: it could not be read/, thrown);
  for (const odd of [null, undefined, 0, "text", Object.freeze({})]) {
    const value = Object.defineProperty({}, "x", {
      enumerable: true,
      get: () => {
        throw odd;
      },
    });
    named(value, /value\.x: it could not be read/, odd ?? undefined);
  }
});

test("a value after one that was refused is written as if nothing had been", () => {
  const sink = createSink();
  messagePack.encode("before", sink);
  const { position } = sink;
  assert.throws(() => messagePack.encode([1, 2, { a: "x".repeat(5_000), f: () => 1 }], sink), RpcError);
  sink.position = position;
  messagePack.encode("after", sink);
  assert.equal(sink.take().toString("hex"), "a66265666f7265a56166746572");
});

test("a sink's own error comes out as it is", () => {
  const error = new RpcError("resource_exhausted", "full", { reason: "MESSAGE_TOO_LARGE" });
  const full: Sink = {
    bytes: Buffer.alloc(4),
    position: 0,
    reserve() {
      throw error;
    },
  };
  assert.throws(
    () => messagePack.encode({ a: [new Map([["k", new Set(["x".repeat(100)])]])] }, full),
    (thrown) => thrown === error,
  );
});

test("an encode within an encode mixes nothing", () => {
  const inner: Buffer[] = [];
  const value = (depth: number): object => ({
    before: "x".repeat(depth * 50),
    get nested() {
      if (depth > 0) inner.push(encoded([value(depth - 1), "y".repeat(3_000)]));
      return depth;
    },
    after: [1, { deep: "z".repeat(200) }],
  });
  const bytes = encoded(value(5));
  assert.deepStrictEqual(decoded(bytes), { before: "x".repeat(250), nested: 5, after: [1, { deep: "z".repeat(200) }] });
  assert.equal(inner.length, 5);
  for (const [index, message] of inner.entries()) {
    const plain = { before: "x".repeat(index * 50), nested: index, after: [1, { deep: "z".repeat(200) }] };
    assert.deepStrictEqual(decoded(message), [plain, "y".repeat(3_000)]);
  }
});

test("an encode within an encode that fails does not harm the outer one", () => {
  const value = {
    get nested() {
      assert.throws(() => encoded({ deep: [() => 1] }), RpcError);
      assert.throws(() => messagePack.decode(Buffer.from("c1", "hex"), 0, 1, limits), RpcError);
      return decoded(encoded({ fine: true }));
    },
    after: "x".repeat(2_000),
  };
  assert.deepStrictEqual(decoded(encoded(value)), { nested: { fine: true }, after: "x".repeat(2_000) });
});

test("an encode to the sink that is just being written to is refused, and the outer one is as it should be", () => {
  const sink = createSink();
  let caught: unknown;
  const value = {
    a: 1,
    get b() {
      try {
        messagePack.encode("intruder", sink);
      } catch (error) {
        caught = error;
      }
      return 2;
    },
    c: 3,
  };
  messagePack.encode(value, sink);
  assert.deepStrictEqual(decoded(sink.take()), { a: 1, b: 2, c: 3 });
  assert.ok(caught instanceof RpcError && caught.reason === "ENCODE_FAILED", String(caught));
  messagePack.encode("later", sink);
  assert.equal(decoded(sink.take()), "later");
});

test("a value that changes while it is written is written as a whole, or refused", () => {
  const growing: Record<string, unknown> = {
    get a() {
      growing["z"] = 1;
      delete growing["c"];
      return 1;
    },
    b: 2,
    c: 3,
  };
  assert.deepStrictEqual(Object.keys(decoded(encoded(growing)) as object).sort(), ["a", "b"]);
  const shrinking: unknown[] = [
    {
      get x() {
        shrinking.length = 1;
        return 1;
      },
    },
    2,
    3,
  ];
  assert.deepStrictEqual(decoded(encoded(shrinking)), [{ x: 1 }, undefined, undefined]);
  const map = new Map<string, unknown>();
  map.set("a", {
    get x() {
      map.set("b", 1);
      return 1;
    },
  });
  assert.throws(() => encoded(map), refused(/changed its size/));
  const set = new Set<unknown>();
  set
    .add({
      get x() {
        set.clear();
        return 1;
      },
    })
    .add(2);
  assert.throws(() => encoded(set), refused(/changed its size/));
});

function encoded(value: unknown): Buffer {
  const sink = createSink();
  messagePack.encode(value, sink);
  return sink.take();
}

function decoded(bytes: Buffer): unknown {
  return messagePack.decode(bytes, 0, bytes.length, limits);
}

function refused(text: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof RpcError &&
    error.code === "invalid_argument" &&
    error.reason === "ENCODE_FAILED" &&
    error.processed === "no" &&
    text.test(error.message);
}
