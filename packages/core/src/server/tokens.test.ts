import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Newcomer } from "../contract/call.js";
import { ReceivedCredentials } from "./received-credentials.js";
import { type AcceptedTokens, token, tokens } from "./tokens.js";

const peer: Newcomer = { address: "memory://a", instance: "a" };
const shown = (text: string) => new ReceivedCredentials(Buffer.from(text));

test("one token, a list and names: each is told by its identity, and anything else is nobody", () => {
  assert.deepEqual(token("one")(shown("one"), peer), { name: "token" });
  assert.equal(token("one")(shown("two"), peer), undefined);
  const named = tokens({ a: "one", b: ["two", "three"] });
  assert.deepEqual(
    ["one", "two", "three", "four", "", "on", "onee", "ONE"].map((text) => named(shown(text), peer)),
    [{ name: "a" }, { name: "b" }, { name: "b" }, undefined, undefined, undefined, undefined, undefined],
  );
});

test("an identity cannot be changed by a handler, since all connections share it", () => {
  assert.ok(Object.isFrozen(token("one")(shown("one"), peer)));
});

describe("tokens that could let everybody or nobody in are refused at once, and not shown", () => {
  const rows: readonly [title: string, accepted: unknown][] = [
    ["none", []],
    ["a text, whose letters would each be one", "secret"],
    ["nothing at all", undefined],
    ["no names", {}],
    ["a name without any", { a: [] }],
    ["an empty one", [""]],
    ["an empty one among good ones", { a: ["secret", ""] }],
    ["a variable that is not set", [undefined]],
    ["a number", { a: 5 }],
  ];
  for (const [title, accepted] of rows) {
    test(title, () => {
      assert.throws(
        () => tokens(accepted as AcceptedTokens),
        (error: Error) => /^tokens: /.test(error.message) && !error.message.includes("secret"),
      );
    });
  }
});
