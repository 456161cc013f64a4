import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EndableItems, type ItemsOwner } from "./endable-items.js";

/** A source whose items come when the test says so. */
function dictated() {
  const asked: { resolve: (result: IteratorResult<unknown>) => void; reject: (thrown: unknown) => void }[] = [];
  const source = {
    asked,
    left: 0,
    next: () => new Promise<IteratorResult<unknown>>((resolve, reject) => asked.push({ resolve, reject })),
    async return() {
      source.left++;
      return { done: true as const, value: undefined };
    },
  };
  return source;
}

function opened(owner: Partial<ItemsOwner> = {}) {
  const told: unknown[] = [];
  const source = dictated();
  const items = new EndableItems({
    onDone: () => void told.push("done"),
    onFailed: (thrown) => {
      told.push("failed", thrown);
      return thrown;
    },
    onLeft: () => void told.push("left"),
    ...owner,
  });
  items.open(source);
  return { told, source, items };
}

const end = { done: true, value: undefined };

describe("items that can be ended from outside", () => {
  test("ask for one at a time, whoever asks", async () => {
    const { source, items } = opened();
    const results = [items.next(), items.next(), items.next()];
    assert.equal(source.asked.length, 1);
    source.asked[0]!.resolve({ done: false, value: "a" });
    assert.deepEqual(await results[0], { done: false, value: "a" });
    assert.equal(source.asked.length, 2);
    source.asked[1]!.resolve({ done: true, value: "ignored" });
    assert.deepEqual(await Promise.all(results.slice(1)), [end, end]);
  });

  test("let those go at once who wait, though their source does not move", async () => {
    const { source, items, told } = opened();
    const thrown = new Error("over");
    const results = [items.next(), items.next()];
    items.end({ thrown });
    await assert.rejects(results[0]!, thrown);
    assert.deepEqual([await results[1], source.left, told], [end, 1, []]);
    source.asked[0]!.resolve({ done: false, value: "too late" });
    assert.deepEqual(await items.next(), end);
  });

  test("that end while nobody waits tell the next who asks, once", async () => {
    const { items } = opened();
    const thrown = new Error("over");
    items.end({ thrown });
    items.end({ thrown: new Error("twice") });
    assert.equal(items.ended, true);
    await assert.rejects(items.next(), thrown);
    assert.deepEqual(await items.next(), end);
  });

  test("that were left forget an error that nobody asked for", async () => {
    const { items, told } = opened();
    items.end({ thrown: new Error("unheard") });
    assert.deepEqual([await items.return(), await items.next(), told], [end, end, []]);
  });

  test("end a source that comes when they are over", () => {
    const items = new EndableItems({ onDone: () => undefined, onFailed: (thrown) => thrown, onLeft: () => {} });
    items.end();
    const source = dictated();
    items.open(source);
    assert.deepEqual([source.left, source.asked.length], [1, 0]);
  });

  test("are answered when their source comes, in order", async () => {
    const items = new EndableItems({ onDone: () => undefined, onFailed: (thrown) => thrown, onLeft: () => {} });
    const results = [items.next(), items.next()];
    const source = dictated();
    items.open(source);
    source.asked[0]!.resolve({ done: false, value: 1 });
    await results[0];
    source.asked[1]!.reject(new Error("mine"));
    await assert.rejects(results[1]!, { message: "mine" });
  });

  test("let their owner put an error in place of the end, and another in place of one", async () => {
    const done = opened({ onDone: () => "instead" });
    const asked = done.items.next();
    done.source.asked[0]!.resolve({ done: true, value: undefined });
    await assert.rejects(asked, (thrown) => thrown === "instead");
    const failed = opened({ onFailed: () => "other" });
    const again = failed.items.next();
    failed.source.asked[0]!.reject("mine");
    await assert.rejects(again, (thrown) => thrown === "other");
    assert.equal(failed.source.left, 1);
  });

  test("take a source that throws at once, or returns what is no promise", async () => {
    const owner = { onDone: () => undefined, onFailed: (thrown: unknown) => thrown, onLeft: () => {} };
    const throwing = new EndableItems(owner);
    throwing.open({
      next: () => {
        throw new Error("at once");
      },
    });
    await assert.rejects(throwing.next(), { message: "at once" });
    const plain = new EndableItems(owner);
    plain.open({ next: () => ({ done: false, value: 1 }) as never });
    assert.deepEqual(await plain.next(), { done: false, value: 1 });
  });
});
