import assert from "node:assert/strict";
import { test } from "node:test";
import { mapItems } from "./map-items.js";

/** Written by hand, as `for await` takes it: what it returns need not be a promise. */
function byHand(items: readonly unknown[], onLeft: () => unknown): AsyncIterable<unknown> {
  let at = 0;
  const next = () => (at < items.length ? { done: false, value: items[at++] } : { done: true, value: undefined });
  return { [Symbol.asyncIterator]: () => ({ next, return: onLeft }) as unknown as AsyncIterator<unknown> };
}

const done = { done: true, value: undefined };

for (const [how, leave] of [
  ["at once", () => done],
  ["by a promise", async () => done],
  ["by throwing", () => assert.fail("it cannot end")],
] as const)
  test(`what a mapping throws is what its reader gets, of a source that is ended ${how}`, async () => {
    let left = 0;
    const stream = byHand(["item"], () => {
      left++;
      return leave();
    });
    const mapped = mapItems(stream, () => {
      throw new Error("the mapping's own");
    });
    await assert.rejects(mapped[Symbol.asyncIterator]().next(), { message: "the mapping's own" });
    assert.equal(left, 1);
  });
