import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Entry } from "@rpc/core";
import { entryFrom, stateFrom } from "@rpc/core/discovery";
import fc from "fast-check";
import { decodeLease, decodePatch, encodeText, type LeaseText } from "./file-text.js";

const entry: Entry = {
  service: "Prices",
  id: "p-1",
  address: "tcp://127.0.0.1:7000",
  weight: 2,
  tags: { zone: "eu" },
  inactive: false,
};
const lease: LeaseText = { owner: { pid: 7, startedAt: "1234", machine: "m" }, registeredAt: 5, entries: [entry] };

describe("the text of a file", () => {
  test("keeps every entry as it was", () => {
    const entries = fc.array(
      fc.record({
        service: fc.string({ minLength: 1, unit: "binary" }),
        id: fc.string({ minLength: 1, unit: "binary" }),
        address: fc.string(),
        weight: fc.double({ min: 0, max: 1e9, noNaN: true }).map((weight) => weight + 0),
        tags: fc.dictionary(fc.string(), fc.string({ unit: "grapheme" })),
        inactive: fc.boolean(),
      }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(entries, (given) => {
        const { entries: read } = decodeLease(encodeText({ ...lease, entries: given }));
        assert.deepEqual(read, given.map(entryFrom));
      }),
    );
  });

  test("is never read when it was cut off, wherever", () => {
    const text = encodeText(lease);
    for (let length = 0; length < text.length; length++)
      assert.throws(() => decodeLease(text.slice(0, length)), `${length}`);
    assert.throws(() => decodeLease("\0".repeat(text.length)));
    assert.throws(() => decodeLease(`${text} `));
    assert.deepEqual(decodeLease(text), lease);
  });

  test("is never read when any character of it changed", () => {
    const text = encodeText(lease);
    for (let i = 0; i < text.length; i++) {
      assert.throws(() => decodeLease(`${text.slice(0, i)}${text[i] === "x" ? "y" : "x"}${text.slice(i + 1)}`), `${i}`);
    }
  });

  test("of a later version is not guessed at", () => {
    const text = encodeText({ ...lease, ...{ version: 2 } });
    assert.throws(() => decodeLease(text), /version 2/);
  });

  test("of one kind is not taken for the other", () => {
    assert.throws(() => decodeLease(encodeText({ weight: 1 })), /no lease/);
    assert.deepEqual(decodePatch(encodeText({ weight: 1 })), { weight: 1 });
  });

  test("cannot change the prototype of anything", () => {
    const tags = JSON.parse('{"__proto__": "polluted", "constructor": "x"}') as Record<string, string>;
    const [read] = decodeLease(encodeText({ ...lease, entries: [{ ...entry, tags }] })).entries;
    assert.deepEqual(Object.entries(read!.tags), Object.entries(tags));
    assert.equal(Object.getPrototypeOf(read!.tags), Object.prototype);
  });

  test("names the owner it needs", () => {
    for (const owner of [
      undefined,
      null,
      {},
      { ...lease.owner, pid: 0 },
      { ...lease.owner, pid: -1 },
      { ...lease.owner, pid: 1.5 },
    ]) {
      assert.throws(() => decodeLease(encodeText({ ...lease, owner } as LeaseText)), /no lease/);
    }
  });
});

describe("entries and states", () => {
  test("that cannot be used are refused by the name of the field", () => {
    for (const weight of [-1, Number.NaN, Number.POSITIVE_INFINITY, "1", null]) {
      assert.throws(() => stateFrom({ weight }), /weight/);
      assert.throws(() => entryFrom({ ...entry, weight }), /weight/);
    }
    for (const tags of [null, "a", [1], { a: 1 }]) assert.throws(() => stateFrom({ tags }), /tags/);
    for (const inactive of ["no", 0, null]) assert.throws(() => stateFrom({ inactive }), /inactive/);
    for (const field of ["service", "id", "address"])
      assert.throws(() => entryFrom({ ...entry, [field]: 7 }), new RegExp(field));
    for (const value of [undefined, null, "entry"]) assert.throws(() => entryFrom(value), TypeError);
  });

  test("carry only the fields that are set, and nothing else", () => {
    assert.deepEqual(stateFrom({ weight: undefined, inactive: true, colour: "red" }), { inactive: true });
    assert.deepEqual(entryFrom({ ...entry, colour: "red" }), entry);
  });
});
