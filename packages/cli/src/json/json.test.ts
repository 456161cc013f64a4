import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CliError } from "../cli-error.js";
import { bySchema } from "./by-schema.js";
import { jsonFault } from "./json-fault.js";
import { readJson } from "./read-json.js";
import { tagged, untagged } from "./tags.js";

describe("what is not JSON", () => {
  test("is told with its place and what was expected there", () => {
    const told = (text: string): string => {
      try {
        readJson(text, "argument 1");
      } catch (error) {
        assert.ok(error instanceof CliError);
        assert.equal(error.exitCode, 2);
        return error.message;
      }
      throw new Error(`${text} was taken`);
    };
    assert.match(
      told('{"a": 1,}'),
      /^argument 1 is not JSON: line 1, column 9: a name in double quotes is expected, not "}"$/,
    );
    assert.match(told('{"a": 1\n "b": 2}'), /line 2, column 2: "," or "}" is expected, not/);
    assert.match(told("{a: 1}"), /column 2: a name in double quotes/);
    assert.match(told('["x'), /column 4: a character of a string, or its closing " is expected, it ends there/);
    assert.match(told("tea"), /column 1: a value is expected, not "tea"; a text is written '"tea"'/);
    assert.match(told(""), /column 1: a value is expected, it ends there/);
    assert.match(told("1 2"), /column 3: nothing more is expected/);
    assert.match(told("01"), /column 2: nothing more/);
    assert.match(told("[".repeat(3_000)), /column 1002: at most 1000 levels/);
  });

  test("is found in every text that JSON.parse refuses, and in no other", () => {
    const texts = [
      "{}",
      "[]",
      "-0.5e+7",
      '"\\u00e9\\n"',
      ' [1, {"a": [null, true]}] ',
      "-",
      "1.",
      '"\\x"',
      '"\n"',
      "[1,]",
      "nul",
      "{,}",
    ];
    for (const text of texts) assert.equal(jsonFault(text) === undefined, parses(text), text);
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("what JSON has no form for is written with a tag, and read again as it was", () => {
  const values = {
    date: new Date("2026-01-31T12:00:00Z"),
    big: 12345678901234567890n,
    bytes: Buffer.from("hello"),
    map: new Map<unknown, unknown>([
      ["a", new Date(0)],
      [1, new Set([1n])],
    ]),
    odd: [Number.NaN, -0, Number.POSITIVE_INFINITY, undefined],
    view: new Float64Array([1.5, Number.NaN]),
    money: { $date: "is a field of its own" },
    plain: { nested: [null, "x", true] },
  };
  const text = JSON.stringify(tagged(values));
  assert.deepEqual(untagged(JSON.parse(text)), values);
  assert.deepEqual(JSON.parse(text).date, { $date: "2026-01-31T12:00:00.000Z" });
  assert.deepEqual(JSON.parse(text).big, { $bigint: "12345678901234567890" });
  assert.deepEqual(JSON.parse(text).bytes, { $bytes: "aGVsbG8=" });
  assert.deepEqual(tagged({ left: undefined, out: 1 }), { out: 1 });
  assert.throws(() => untagged({ $date: "yesterday" }), /"yesterday".* it is no date such as/);
  assert.deepEqual(untagged({ $unknown: 1 }), { $unknown: 1 });
});

describe("JSON by a schema", () => {
  const types = {
    Order: {
      type: "object",
      properties: {
        id: { tsType: "bigint" },
        at: { tsType: "Date" },
        next: { anyOf: [{ $ref: "#/types/Order" }, { type: "null" }] },
      },
      required: ["id"],
    },
  } as const;

  test("becomes what the method takes: dates, bigints, bytes, maps and sets, at any depth", () => {
    const convert = (value: unknown, schema: object) => bySchema(value, schema, types, "order");
    assert.deepEqual(
      convert({ id: "7", at: "1970-01-01T00:00:00Z", next: { id: 8, next: null } }, { $ref: "#/types/Order" }),
      {
        id: 7n,
        at: new Date(0),
        next: { id: 8n, next: null },
      },
    );
    assert.deepEqual(
      convert(
        { "1": ["aGk="] },
        { tsType: "Map", keys: { type: "number" }, values: { items: { tsType: "Uint8Array" } } },
      ),
      new Map([[1, [Buffer.from("hi")]]]),
    );
    assert.deepEqual(convert(["1", "2"], { tsType: "Set", items: { tsType: "bigint" } }), new Set([1n, 2n]));
    assert.deepEqual(convert([1, 2], { tsType: "Int32Array" }), new Int32Array([1, 2]));
    assert.deepEqual(convert(["x", "1970-01-01"], { prefixItems: [{ type: "string" }], items: { tsType: "Date" } }), [
      "x",
      new Date(0),
    ]);
  });

  test("stays as it is where it fits already, and takes the alternative that its fields name", () => {
    const convert = (value: unknown, schema: object) => bySchema(value, schema, {}, "x");
    assert.equal(convert("2026-01-01", { anyOf: [{ tsType: "Date" }, { type: "string" }] }), "2026-01-01");
    assert.deepEqual(convert("1970-01-01", { anyOf: [{ type: "null" }, { tsType: "Date" }] }), new Date(0));
    const by = (kind: string, field: object) => ({
      type: "object",
      properties: { kind: { const: kind }, value: field },
      required: ["kind"],
    });
    const either = { anyOf: [by("a", { type: "string" }), by("b", { tsType: "bigint" })] };
    assert.deepEqual(convert({ kind: "b", value: "5" }, either), { kind: "b", value: 5n });
    assert.deepEqual(convert({ kind: "a", value: "5" }, either), { kind: "a", value: "5" });
    assert.deepEqual(convert(5, { tsType: "Date" }), 5, "the server says what is wrong");
  });

  test("that cannot become it is refused with its path", () => {
    assert.throws(
      () => bySchema({ id: "x" }, types.Order, types, "order"),
      /^CliError: order\.id: "x" cannot be a bigint: it is no whole number/,
    );
    assert.throws(() => bySchema({ id: 2 ** 60 }, types.Order, types, "order"), /order\.id: .* write it in quotes/);
    assert.throws(
      () => bySchema({ id: "1", at: "noon" }, types.Order, types, "order"),
      /order\.at: "noon" cannot be a Date/,
    );
  });
});
