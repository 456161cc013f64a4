import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Link } from "./link.js";
import { Turns, type Waiting } from "./turns.js";

const busyBytes = 1_048_576;

/** Streams of one connection, whose socket is as busy as the test says, and whose loop goes round when it says so. */
function ground() {
  const reads: (() => void)[] = [];
  const outbox = { itemBytes: 0 };
  const link = { outbox, clock: { afterReads: (run: () => void) => void reads.push(run) } };
  const turns = new Turns(link as unknown as Link, busyBytes);
  const asked: string[] = [];
  /** A stream that waits for its turn, and whose producer answers when the test says so, if ever. */
  const waiting = (name: string, usualBytes: number): { answer(): void } => {
    let askedIn = 0;
    const stream: Waiting = {
      usualBytes,
      goOn() {
        asked.push(name);
        askedIn = turns.asked(usualBytes);
      },
    };
    turns.wait(stream);
    return { answer: () => turns.arrived(askedIn, usualBytes) };
  };
  return {
    turns,
    asked,
    waiting,
    /** How often the loop was asked to come back. */
    scheduled: () => reads.length,
    socketHas(bytes: number): void {
      outbox.itemBytes = bytes;
      if (bytes === 0) turns.goOn();
    },
    turn(): void {
      for (const run of reads.splice(0)) run();
    },
  };
}

describe("turns of streams", () => {
  test("a stream with something to say goes on in the next turn, however long the producers before it take", () => {
    const { asked, waiting, socketHas, turn } = ground();
    socketHas(busyBytes);
    for (const name of ["file", "other file"]) waiting(name, 65_536);
    waiting("small", 20);
    socketHas(0);
    assert.deepEqual(asked, ["file", "other file"]);
    turn();
    assert.deepEqual(asked, ["file", "other file", "small"]);
  });

  test("all that wait are asked in the end where no producer answers, a few in each turn", () => {
    const { asked, waiting, socketHas, turn, scheduled } = ground();
    socketHas(busyBytes);
    const names = Array.from({ length: 7 }, (_, index) => `file ${index}`);
    for (const name of names) waiting(name, 65_536);
    socketHas(0);
    for (const count of [2, 4, 6, 7]) {
      assert.deepEqual(asked, names.slice(0, count));
      turn();
    }
    assert.equal(scheduled(), 0);
  });

  test("where a producer answers in time the next goes on at once, and nobody is asked twice", () => {
    const { asked, waiting, socketHas, turn } = ground();
    socketHas(busyBytes);
    const [file] = ["file", "other file", "third file"].map((name) => waiting(name, 65_536));
    socketHas(0);
    file!.answer();
    assert.deepEqual(asked, ["file", "other file", "third file"]);
    turn();
    assert.equal(asked.length, 3);
  });

  test("while the socket is busy, or credit is used up, nothing looks again and again", () => {
    const { turns, asked, waiting, socketHas, scheduled, turn } = ground();
    socketHas(busyBytes);
    waiting("first", 20);
    assert.deepEqual([scheduled(), asked], [0, []]);
    turns.creditBytes = 0;
    socketHas(0);
    turn();
    assert.deepEqual([scheduled(), asked], [0, []]);
    turns.onCredit(busyBytes);
    assert.deepEqual(asked, ["first"]);
  });
});
