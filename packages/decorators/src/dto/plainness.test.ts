import "reflect-metadata/lite";
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Exclude } from "class-transformer";
import { createMappers } from "./mappers.js";
import type { Plainness } from "./plainness.js";
import { loadTransformer } from "./transformer.js";

class User {
  name = "n";
  @Exclude()
  password = "secret";
}

class Money {
  constructor(readonly cents: number) {}
}

describe("answers of which no class was named", () => {
  let plain: Plainness;

  before(async () => {
    plain = createMappers(await loadTransformer()).plain;
  });

  test("an excluded field does not leave, however deep the instance is in plain data", () => {
    const page = { users: [new User()], first: { user: new User() }, total: 1 };
    assert.deepStrictEqual(plain(page, []), { users: [{ name: "n" }], first: { user: { name: "n" } }, total: 1 });
    assert.equal(page.first.user.password, "secret", "the handler's own object is not changed");
    const inside = { map: new Map([["a", new User()]]), set: new Set([new User()]) };
    assert.deepStrictEqual(plain(inside, []), { map: new Map([["a", { name: "n" }]]), set: new Set([{ name: "n" }]) });
    assert.deepStrictEqual(plain({ money: Object.assign(new Money(1), { owner: new User() }) }, []), {
      money: { cents: 1, owner: { name: "n" } },
    });
  });

  test("data without instances is not copied", () => {
    const values = [
      {
        a: [1, { b: null }],
        c: new Date(0),
        d: new Uint8Array(2),
        e: new Money(2),
        f: new Map([[1, 2]]),
        g: new Set([1]),
      },
      [1, "x"],
      new Error("no"),
      "text",
      null,
      undefined,
      5n,
    ];
    for (const value of values) assert.equal(plain(value, []), value);
  });

  test("what contains itself is left to the codec, which refuses it, also where it does so in many places", () => {
    const parent: { children: object[] } = { children: [] };
    for (let index = 0; index < 100; index++) parent.children.push({ parent, siblings: parent.children });
    assert.equal(plain(parent, []), parent);
  });
});
