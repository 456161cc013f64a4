import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaultLimits } from "../contract/limits.js";
import { firstCredit } from "./first-credit.js";
import type { Link } from "./link.js";
import { type Windowed, Windows } from "./windows.js";

/** A stream whose peer sends all that it may, and whose reader takes as much as it is told to. */
class Stream implements Windowed {
  creditBytes: number;
  heldBytes = 0;
  windowBytes: number;
  reachBytes = 0;
  letInTimes = 0;
  readonly #windows: Windows;

  constructor(windows: Windows) {
    this.#windows = windows;
    this.creditBytes = this.windowBytes = windows.firstBytes;
  }

  itemBytes = 0;

  get starved(): boolean {
    return this.heldBytes === 0;
  }

  give(): void {}

  letIn(): void {
    this.letInTimes++;
  }

  fill(): void {
    const bytes = this.creditBytes;
    this.#windows.arrived(this, bytes);
    this.#windows.hold(this, bytes);
  }

  take(bytes = this.heldBytes): void {
    this.#windows.release(this, bytes);
    this.#windows.review(this);
  }
}

/** What streams need of a connection, with the credit that was given for all of them. */
function linkOf(limits = {}): { link: Link; given: number[] } {
  const given: number[] = [];
  const outbox = {
    frame: (_kind: number, _f: number, _t: number, _id: number, body: Buffer) => given.push(body.readUInt32BE()),
  };
  const link = { limits: { ...defaultLimits, ...limits }, outbox, clock: { now: () => 0 }, readAt: 0 };
  return { link: link as unknown as Link, given };
}

describe("the credit that streams begin with", () => {
  test("is so small that all that may be open, unread, use up half of the connection's at most", () => {
    const { streamBytes, connectionBytes } = firstCredit(defaultLimits);
    assert.deepEqual([streamBytes, connectionBytes], [1_024, 4_194_304]);
    assert.equal(firstCredit({ ...defaultLimits, streams: 16 }).streamBytes, 65_536);
    assert.equal(
      firstCredit({ ...defaultLimits, streams: 2 }).streamBytes,
      262_144,
      "never more than a stream may hold",
    );
    assert.equal(firstCredit({ ...defaultLimits, streams: Number.POSITIVE_INFINITY }).streamBytes, 256, "never crumbs");
  });
});

describe("windows of streams", () => {
  test("grow once a stream is read, and further while its reader keeps up", () => {
    const windows = new Windows(linkOf().link);
    const stream = new Stream(windows);
    stream.fill();
    assert.equal(stream.heldBytes, 1_024);
    stream.take(100);
    assert.equal(stream.creditBytes, 0, "less than half was taken");
    stream.take();
    assert.equal(stream.windowBytes, 262_144);
    for (let round = 0; round < 5; round++) {
      stream.fill();
      stream.take();
    }
    assert.equal(stream.windowBytes, 1_048_576);
    stream.fill();
    stream.take(600_000);
    assert.ok(stream.windowBytes <= 1_048_576 - 600_000 + 262_144, "its reader does not keep up any more");
  });

  test("that begin as wide as they may be stay so: who reads is always let have more", () => {
    const windows = new Windows(linkOf({ streams: 64, streamCreditBytes: 2_048 }).link);
    const stream = new Stream(windows);
    for (let round = 0; round < 5; round++) {
      assert.ok(stream.creditBytes >= 2_048, `${stream.creditBytes} bytes of credit in round ${round}`);
      stream.fill();
      stream.take();
    }
    assert.equal(stream.windowBytes, 4 * 2_048);
  });

  test("of readers that stop leave room for those that read, whatever they hold", () => {
    const { link } = linkOf();
    const windows = new Windows(link);
    const stopped = Array.from({ length: 100 }, () => new Stream(windows));
    for (let round = 0; round < 6; round++) {
      for (const stream of stopped) {
        stream.fill();
        stream.take();
      }
    }
    for (const stream of stopped) stream.fill();
    const unread = Array.from({ length: 900 }, () => new Stream(windows));
    for (const stream of unread) stream.fill();
    assert.ok(windows.heldBytes <= 4_194_304, `${windows.heldBytes} bytes are held`);
    const reading = new Stream(windows);
    for (let taken = 0; taken < 20_000_000; ) {
      assert.ok(reading.creditBytes > 0, `stands still after ${taken} bytes`);
      taken += reading.creditBytes;
      reading.fill();
      reading.take();
    }
    for (const stream of [...stopped, ...unread, reading]) windows.end(stream);
    assert.equal(windows.heldBytes, 0);
  });

  test("give the connection's credit back in steps, also for what was passed over", () => {
    const { link, given } = linkOf();
    const windows = new Windows(link);
    for (let passed = 0; passed < 524_288; passed += 65_536) windows.passOver(65_536);
    assert.deepEqual(given, [524_288]);
  });

  test("refuse what comes without credit, of a stream and of all", () => {
    const windows = new Windows(linkOf().link);
    const stream = new Stream(windows);
    assert.throws(() => windows.arrived(stream, 1_025), { reason: "CREDIT_EXCEEDED" });
    assert.throws(() => windows.passOver(4_194_305), { reason: "CREDIT_EXCEEDED" });
  });

  test("let long items in as far as limits.partialBytes has room, in the order in which they were asked for", () => {
    const windows = new Windows(linkOf({ partialBytes: 10_000 }).link);
    const [one, two, three] = [new Stream(windows), new Stream(windows), new Stream(windows)];
    windows.wantWhole(one, 20_000);
    windows.wantWhole(two, 6_000);
    windows.wantWhole(three, 6_000);
    const letIn = (): number[] => [one, two, three].map(({ letInTimes }) => letInTimes);
    assert.deepEqual(letIn(), [1, 0, 0], "one above all of it is let in alone");
    windows.whole(one, 20_000, true);
    assert.deepEqual(letIn(), [1, 1, 0]);
    windows.whole(three, 6_000, false);
    windows.whole(two, 6_000, true);
    assert.deepEqual(letIn(), [1, 1, 0], "who waits no more is not let in");
    assert.equal(windows.waitingSince, Number.POSITIVE_INFINITY);
  });

  test("of long items as many are let come as fit whole, so that none is cut by the end of the credit", () => {
    const { link } = linkOf();
    const windows = new Windows(link);
    const stream = new Stream(windows);
    for (const [itemBytes, itemCostBytes] of [
      [65_528, 65_540],
      [65_541, 65_569],
      [20_000, 20_012],
    ] as const) {
      stream.itemBytes = itemBytes;
      for (let round = 0; round < 4; round++) {
        stream.fill();
        stream.take();
      }
      assert.ok(stream.creditBytes > 100_000, `${stream.creditBytes} bytes of credit`);
      assert.equal(stream.creditBytes % itemCostBytes, 0);
    }
    stream.itemBytes = 900_000;
    stream.fill();
    stream.take();
    assert.ok(stream.creditBytes > 200_000, "what does not fit twice goes in parts anyway");
  });
});
