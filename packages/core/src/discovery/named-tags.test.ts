import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { storedState, withNamed } from "./named-tags.js";

const current = { tags: { zone: "eu", owner: "us" } };

describe("tags that are given by name", () => {
  test("stand among the others, as text, and leave the rest as it is", () => {
    assert.deepEqual(storedState(current, { group: "canary", latitude: 52.5, longitude: -13, version: "1.2" }), {
      tags: { zone: "eu", owner: "us", group: "canary", latitude: "52.5", longitude: "-13", version: "1.2" },
    });
  });

  test("come after tags that replace all others", () => {
    assert.deepEqual(storedState(current, { tags: { a: "1" }, zone: "us", weight: 2 }), {
      weight: 2,
      tags: { a: "1", zone: "us" },
    });
  });

  test("are taken away by an empty text", () => {
    assert.deepEqual(withNamed(current.tags, { zone: "" }), { owner: "us" });
  });

  test("where none is given change no tags", () => {
    assert.deepEqual(storedState(current, { inactive: true }), { inactive: true });
  });

  test("that cannot be are refused by their name", () => {
    for (const [name, value] of [
      ["latitude", 91],
      ["longitude", -181],
      ["latitude", Number.NaN],
      ["longitude", "13"],
      ["zone", 7],
    ] as const) {
      assert.throws(() => withNamed({}, { [name]: value }), { name: "TypeError", message: new RegExp(name) });
    }
  });
});
