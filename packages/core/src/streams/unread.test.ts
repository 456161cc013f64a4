import assert from "node:assert/strict";
import { test } from "node:test";
import { headerBytes, Kind, writeHeader, writeLength } from "../wire/header.js";
import { Unread } from "./unread.js";

/** Frames of items with these texts, one behind the other. */
function frames(...texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.map((text) => {
      const frame = Buffer.alloc(headerBytes + text.length);
      writeHeader(frame, 0, Kind.item, 0, 0, 1);
      writeLength(frame, 0, text.length);
      frame.write(text, headerBytes);
      return frame;
    }),
  );
}

/** Adds all items of a chunk, as its reading does. */
function add(unread: Unread, chunk: Buffer, borrowed: boolean, ...texts: readonly string[]): void {
  let at = 0;
  for (const text of texts) {
    unread.add(chunk, at + headerBytes, at + headerBytes + text.length, borrowed);
    at += headerBytes + text.length;
  }
}

function taken(unread: Unread): [text: string, costBytes: number] {
  unread.take();
  return [unread.bytes.toString("latin1", unread.start, unread.end), unread.costBytes];
}

test("items come out in the order in which they came in, whatever memory they lie in", () => {
  const unread = new Unread();
  add(unread, frames("a", "bc", ""), true, "a", "bc", "");
  add(unread, frames("d"), false, "d");
  unread.addAlone(Buffer.from("long"), 99);
  add(unread, frames("e", "f"), true, "e", "f");
  const all: unknown[] = [];
  while (!unread.empty) all.push(taken(unread));
  assert.deepEqual(all, [
    ["a", 13],
    ["bc", 14],
    ["", 12],
    ["d", 13],
    ["long", 99],
    ["e", 13],
    ["f", 13],
  ]);
});

test("what was borrowed is copied when it is settled, and what was taken before is not", () => {
  const unread = new Unread();
  const chunk = frames("first", "second", "third");
  add(unread, chunk, true, "first", "second", "third");
  assert.equal(taken(unread)[0], "first");
  unread.settle();
  chunk.fill(0);
  assert.deepEqual([taken(unread)[0], taken(unread)[0]], ["second", "third"]);
  assert.ok(unread.bytes.length < chunk.length);
  assert.equal(unread.empty, true);
});

test("what is in another buffer is copied at once", () => {
  const unread = new Unread();
  const chunk = frames("kept");
  add(unread, chunk, false, "kept");
  chunk.fill(0);
  assert.equal(taken(unread)[0], "kept");
});

test("ten thousand stretches are taken one by one, and none is kept", () => {
  const unread = new Unread();
  for (let n = 0; n < 10_000; n++) add(unread, frames(`${n}`), false, `${n}`);
  for (let n = 0; n < 10_000; n++) assert.equal(taken(unread)[0], `${n}`);
  assert.equal(unread.empty, true);
  add(unread, frames("x"), true, "x");
  unread.clear();
  assert.equal(unread.empty, true);
});

test("an item before a long one of the same read is what it was once the memory of that read is used again", () => {
  const unread = new Unread();
  const chunk = frames("a", "b");
  add(unread, chunk, true, "a", "b");
  unread.addAlone(Buffer.from("long"), 99);
  const next = frames("c");
  add(unread, next, true, "c");
  unread.settle();
  for (const read of [chunk, next]) read.fill(0xaa);
  const all: string[] = [];
  while (!unread.empty) all.push(taken(unread)[0]);
  assert.deepEqual(all, ["a", "b", "long", "c"]);
});
