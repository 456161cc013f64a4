import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Packr, Unpackr } from "msgpackr";
import { createSink, messagePack } from "../index.js";

const limits = { depth: 64, elements: 262_144 };
const packr = new Packr({ useRecords: false, moreTypes: true });
const unpackr = new Unpackr({ useRecords: false, moreTypes: true, mapsAsObjects: true, int64AsType: "auto" } as object);

test("msgpackr reads what we write as what it was", () => {
  fc.assert(
    fc.property(common(), (value) => {
      const sink = createSink();
      messagePack.encode(value, sink);
      assert.deepStrictEqual(unpackr.unpack(sink.take()), value);
    }),
    { numRuns: 1_000 },
  );
});

test("we read what msgpackr writes as what it was", () => {
  fc.assert(
    fc.property(common(), (value) => {
      const bytes = Buffer.from(packr.pack(value));
      assert.deepStrictEqual(messagePack.decode(bytes, 0, bytes.length, limits), withoutMinusZero(value));
    }),
    { numRuns: 1_000 },
  );
});

test("leaves have the very bytes that msgpackr writes", () => {
  const dates = fc.oneof(
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(2 ** 32 * 1_000 - 1) }),
    fc.date({ noInvalidDate: true, max: new Date(-1) }),
  );
  const bigints = fc.bigInt({ min: 2n ** 53n + 1n, max: 2n ** 63n - 1n });
  const large = fc
    .bigInt({ min: -(2n ** 500n), max: 2n ** 500n })
    .filter((value) => BigInt.asIntN(64, value) !== value && BigInt.asUintN(64, value) !== value);
  fc.assert(
    fc.property(fc.oneof(dates, large, fc.float32Array(), fc.uint32Array(), fc.constant(undefined)), (value) => {
      const sink = createSink();
      messagePack.encode(value, sink);
      assert.equal(sink.take().toString("hex"), Buffer.from(packr.pack(value)).toString("hex"));
    }),
    { numRuns: 1_000 },
  );
  fc.assert(
    fc.property(bigints, (value) => {
      const sink = createSink();
      messagePack.encode(value, sink);
      assert.equal(unpackr.unpack(sink.take()), value);
    }),
  );
});

/** What msgpackr and we have in common. Names and numbers are those that it does not change by itself. */
function common(): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(null, undefined, true, false, Number.NaN),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.string(),
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(2 ** 32 * 1_000 - 1) }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.float64Array(),
    fc.bigInt({ min: 2n ** 53n + 1n, max: 2n ** 300n }),
  );
  return fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, { weight: 3, arbitrary: leaf }, tie("array"), tie("object")),
    array: fc.array(tie("value"), { maxLength: 20 }),
    object: fc.dictionary(
      fc.string({ maxLength: 40 }).filter((name) => name !== "__proto__"),
      tie("value"),
      { maxKeys: 20, noNullPrototype: true },
    ),
  })).value;
}

/** msgpackr writes −0 as 0. */
function withoutMinusZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutMinusZero(item)]));
}
