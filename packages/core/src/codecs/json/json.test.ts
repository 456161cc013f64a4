import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RpcError } from "../../contract/errors.js";
import { createSink, json } from "../index.js";

const limits = { depth: 64, elements: 262_144 };

test("whatever JSON has a form for arrives as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      // JSON.stringify writes −0 as 0.
      const expected: unknown = JSON.parse(JSON.stringify(value));
      assert.deepStrictEqual(sent(value), expected);
    }),
    { numRuns: 1_000 },
  );
});

test("any text arrives as it was, lone surrogates too", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (codes) => {
      const text = String.fromCharCode(...codes);
      assert.equal(sent(text), text);
    }),
  );
});

test("the bytes are plain JSON in UTF-8", () => {
  assert.equal(encoded({ a: [1, "é", null, true] }).toString(), '{"a":[1,"é",null,true]}');
});

test("a result that is undefined arrives as undefined, a field that is undefined is left out", () => {
  assert.equal(encoded(undefined).length, 0);
  assert.equal(sent(undefined), undefined);
  assert.deepStrictEqual(sent({ a: undefined, b: 1 }), { b: 1 });
});

test("what JSON would change or lose in silence is refused with its place", () => {
  class Price {
    amount = 5;
    toJSON(): string {
      return "five";
    }
  }
  const cases: readonly (readonly [value: unknown, text: RegExp])[] = [
    [[{ when: new Date(0) }], /value\[0\]\.when: it is a Date, which would arrive as a string/],
    [{ m: new Map([[1, 2]]) }, /value\.m: it is a Map/],
    [new Set(), /value: it is a Set/],
    [[5n], /value\[0\]: it is a bigint/],
    [[1, undefined], /value\[1\]: it is undefined/],
    // biome-ignore lint/suspicious/noSparseArray: a hole is the question
    [[, 1], /value\[0\]: it is undefined/],
    [{ n: Number.NaN }, /value\.n: it is NaN/],
    [{ n: Number.POSITIVE_INFINITY }, /value\.n: it is Infinity/],
    [Buffer.from("a"), /value: it is bytes/],
    [[new Float64Array(1)], /value\[0\]: it is bytes/],
    [new ArrayBuffer(1), /value: it is bytes/],
    [{ e: new Error("x") }, /value\.e: it is an Error/],
    [{ f: () => 1 }, /value\.f: it is a function/],
    [{ s: Symbol("s") }, /value\.s: it is a symbol/],
    [new Price(), /value: it has a toJSON/],
    [[{ toJSON: () => 1 }], /value\[0\]: it has a toJSON/],
    [/x/, /value: it is a RegExp/],
    [Promise.resolve(), /value: it is a promise/],
    [new URLSearchParams("a=1"), /value: it is of class URLSearchParams/],
    [new String("x"), /value: it is a primitive in an object/],
  ];
  for (const [value, text] of cases) assert.throws(() => encoded(value), refusedToEncode(text));
});

test("objects of classes arrive as their own fields", () => {
  class Order {
    id = 1;
    readonly #secret = 2;
    get doubled(): number {
      return this.#secret;
    }
  }
  assert.deepStrictEqual(sent([new Order(), Object.assign(Object.create(null), { a: 1 })]), [{ id: 1 }, { a: 1 }]);
});

test("a value that contains itself is refused by its depth, 64 levels are written", () => {
  const self: unknown[] = [];
  self.push({ self });
  assert.throws(() => encoded(self), refusedToEncode(/deeper than 64 levels/));
  let value: unknown = [];
  for (let level = 1; level < 64; level++) value = [value];
  assert.deepStrictEqual(sent(value), value);
  assert.throws(() => encoded([value]), refusedToEncode(/deeper than 64 levels/));
});

test("code of the value's own that throws is named by its place", () => {
  const cause = new Error("no");
  const value = Object.defineProperty({}, "x", {
    enumerable: true,
    get: () => {
      throw cause;
    },
  });
  assert.throws(
    () => encoded([value]),
    (error) => refusedToEncode(/value\[0\]\.x: it could not be read/)(error) && (error as RpcError).cause === cause,
  );
});

test("a message of exactly the limit is written, one byte more is refused", () => {
  for (const text of ["x".repeat(998), "é".repeat(499)]) {
    const sink = createSink(1_000);
    json.encode(text, sink);
    assert.equal(sink.take().length, 1_000);
    assert.throws(
      () => json.encode(`${text}x`, sink),
      (error) => error instanceof RpcError && error.reason === "MESSAGE_TOO_LARGE",
    );
  }
});

test("64 levels are read, 65 are refused, before anything is made of them", () => {
  const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
  assert.ok(Array.isArray(decoded(nested(64))));
  assert.throws(() => decoded(nested(65)), refused("DEPTH_LIMIT"));
  assert.throws(() => decoded("[".repeat(1_000_000)), refused("DEPTH_LIMIT"));
  assert.throws(() => decoded('{"a":'.repeat(65)), refused("DEPTH_LIMIT"));
  assert.equal(decoded(JSON.stringify("[".repeat(100))), "[".repeat(100));
  assert.equal(
    decoded('"\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["'),
    `"${"[".repeat(70)}`,
  );
});

test("262,144 elements are read, one more is refused", () => {
  const array = (count: number): string => `[${new Array(count).fill("0").join(" ,")}]`;
  assert.equal((decoded(array(262_144)) as unknown[]).length, 262_144);
  assert.throws(() => decoded(array(262_145)), refused("ELEMENT_LIMIT"));
  const objects = (count: number): string => `[${new Array(count).fill('{"a":[]}').join(",")}]`;
  assert.equal((decoded(objects(131_072 - 12)) as unknown[]).length, 131_060);
  assert.throws(() => decoded(objects(131_073)), refused("ELEMENT_LIMIT"));
});

test("empty arrays and objects hold no elements", () => {
  const one = { depth: 64, elements: 1 };
  for (const text of ["[]", "{}", " [ ] ", "[\n\t\r]", "[[]]", '{"a":{}}', "[ 5 ]", '"a,b,c"']) {
    const bytes = Buffer.from(text);
    assert.deepStrictEqual(json.decode(bytes, 0, bytes.length, one), JSON.parse(text));
  }
  for (const text of ["[1,2]", "[[],[]]", '{"a":1,"b":2}', "[[1]]"]) {
    const bytes = Buffer.from(text);
    assert.throws(() => json.decode(bytes, 0, bytes.length, one), refused("ELEMENT_LIMIT"));
  }
});

test("200,000 names are refused, in one object or in many, 10,000 are read, and as often as one likes", () => {
  const names = (count: number): string => Array.from({ length: count }, (_, index) => `"k${index}":1`).join(",");
  assert.throws(() => decoded(`{${names(200_000)}}`), refused("ELEMENT_LIMIT"));
  assert.throws(
    () => decoded(`[${Array.from({ length: 200_000 }, (_, index) => `{"k${index}":1}`).join(",")}]`),
    refused("ELEMENT_LIMIT"),
  );
  const dictionary = `{${names(10_000)}}`;
  assert.equal(Object.keys(decoded(dictionary) as object).length, 10_000);
  assert.equal((decoded(`[${new Array(10).fill(`{${names(1_000)}}`).join(",")}]`) as unknown[]).length, 10);
});

test("names in ever another order are refused, since each makes V8 a hidden class", () => {
  const names = [..."abcdefghijklmnop"];
  const objects = Array.from({ length: 16_000 }, (_, seed) => {
    let rest = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
    const pool = [...names];
    const entries = Array.from({ length: 8 }, () => {
      rest = (Math.imul(rest, 1_664_525) + 1_013_904_223) >>> 0;
      return `"${pool.splice(Math.floor((rest / 2 ** 32) * pool.length), 1)[0]}":1`;
    });
    return `{${entries.join(",")}}`;
  });
  assert.throws(() => decoded(`[${objects.join(",")}]`), refused("ELEMENT_LIMIT"));
});

test("no key sets a prototype or pollutes anything", () => {
  const text =
    '{"__proto__":{"polluted":1},"a":[{"__proto__":{"polluted":2}}],"constructor":{"prototype":{"polluted":3}}}';
  const value = decoded(text) as Record<string, unknown>;
  assert.ok(Object.hasOwn(value, "__proto__"));
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.equal(value["polluted"], undefined);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
});

test("what is no JSON is malformed, and never quoted", () => {
  for (const text of [
    "{",
    "]",
    "[1,]",
    "{'a':1}",
    "s3cr3t",
    '"s3cr3t',
    "[1] 2",
    "NaN",
    "\ufeff1",
    '{"a":1}}',
    " ",
    '"\\',
  ]) {
    assert.throws(
      () => decoded(text),
      (error) => refused("MALFORMED")(error) && !(error as RpcError).message.includes("s3cr3t"),
      text,
    );
  }
});

test("random bytes are a value or refused, and nothing else happens", () => {
  const chars = fc.constantFrom(...'{}[]:,"\\ \n0123456789.eE+-truefalsnully'.split(""));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(chars, { maxLength: 40 }).map((all) => Buffer.from(all.join(""))),
        fc.uint8Array().map((all) => Buffer.from(all)),
      ),
      (bytes) => {
        try {
          json.decode(bytes, 0, bytes.length, limits);
        } catch (error) {
          assert.ok(error instanceof RpcError, String(error));
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

function encoded(value: unknown): Buffer {
  const sink = createSink();
  json.encode(value, sink);
  return sink.take();
}

function decoded(text: string): unknown {
  const bytes = Buffer.from(text);
  return json.decode(bytes, 0, bytes.length, limits);
}

function sent(value: unknown): unknown {
  const bytes = encoded(value);
  const decoded = json.decode(bytes, 0, bytes.length, limits);
  bytes.fill(0);
  return decoded;
}

function refused(reason: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof RpcError &&
    error.code === "invalid_argument" &&
    error.reason === reason &&
    error.processed === "no";
}

function refusedToEncode(text: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof RpcError && error.reason === "ENCODE_FAILED" && text.test(error.message);
}
