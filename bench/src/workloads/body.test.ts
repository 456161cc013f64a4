import assert from "node:assert/strict";
import { test } from "node:test";
import { Packr } from "msgpackr";
import { bodyBytes, createBodies, createBody } from "./body.js";

/** With the shortest header for maps, as the format recommends. */
const packr = new Packr({ useRecords: false, variableMapSize: true });

test("a body takes exactly 581 bytes of MessagePack, whatever its number", () => {
  assert.equal(bodyBytes, 581);
  for (const number of [0, 1, 7, 64, 255, 256, 999, 4095]) {
    assert.equal(packr.pack(createBody(number)).length, 581, `body ${number}`);
  }
});

test("a body has twelve fields of mixed kinds, so that no kind's shortcut decides the figure", () => {
  const body = createBody(1);
  const values = Object.values(body);
  assert.equal(values.length, 12);
  const kinds = new Set(
    values.map((value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value)),
  );
  assert.deepEqual([...kinds].sort(), ["array", "boolean", "null", "number", "object", "string"]);
  assert.ok(values.some((value) => typeof value === "number" && !Number.isInteger(value)));
  const text = JSON.stringify(body);
  assert.ok(Buffer.byteLength(text) > text.length, "text beyond ASCII is in it");
});

test("arrays of bodies fill 4 and 64 KiB as far as whole bodies go, and not a byte more", () => {
  for (const limit of [4 * 1024, 64 * 1024]) {
    const { length } = packr.pack(createBodies(limit, 0));
    assert.ok(length <= limit && length + bodyBytes > limit, `${length} of ${limit}`);
  }
});

test("bodies of one array differ, so that nobody gains by keeping what was sent before", () => {
  const bodies = createBodies(64 * 1024, 4090);
  assert.equal(new Set(bodies.map(({ reference }) => reference)).size, bodies.length);
});
