import assert from "node:assert/strict";
import test from "node:test";
import { bytes as rawBytes } from "../codecs/index.js";
import { defaultLimits } from "../contract/limits.js";
import { ConnectionCounters } from "../stats/connection-counters.js";
import { Flag, headerBytes } from "../wire/header.js";
import { Inflow } from "./inflow.js";
import type { Link } from "./link.js";
import { leastCreditBytes } from "./turns.js";
import { Windows } from "./windows.js";

/** A stream that is received, and what credit was given for it. */
function receiving(): { inflow: Inflow; windows: Windows; given: number[] } {
  const link = {
    limits: defaultLimits,
    counters: new ConnectionCounters(),
    outbox: { frame: () => {} },
    clock: { now: () => 0 },
    rates: { count: () => 0 },
    readAt: 0,
    chunk: undefined,
  } as unknown as Link;
  const given: number[] = [];
  const owner = {
    moved: false,
    give: (_: Inflow, bytes: number) => given.push(bytes),
    onLeft: () => {},
    broken: (_: Inflow, cause: unknown) => cause,
  };
  const windows = new Windows(link);
  return { inflow: new Inflow(link, windows, owner, rawBytes, 0, () => {}), windows, given };
}

test("an item that uses up its credit to the last byte asks for no more of it, wherever it is cut on its way", async () => {
  const { inflow, windows, given } = receiving();
  const item = Buffer.alloc(windows.firstBytes - headerBytes, 7);
  const read = inflow.next();
  inflow.take(0, item, 0, 500, item.length - 500, false);
  assert.deepEqual(given, []);
  inflow.take(0, item, 500, item.length, 0, true);
  assert.deepEqual(await read, { value: item, done: false });
  assert.ok(
    given.every((bytes) => bytes >= leastCreditBytes),
    `${given}`,
  );
});

test("an item whose parts are so small that their headers use up its credit comes whole: its sender is never left with less than it uses", async () => {
  const { inflow, windows, given } = receiving();
  let saidBytes = 0;
  const creditBytes = (): number => given.reduce((sum, bytes) => sum + bytes, windows.firstBytes - saidBytes);
  const item = Buffer.alloc(5_000, 7);
  const read = inflow.next();
  const say = (part: Buffer, more: boolean): void => {
    saidBytes += headerBytes + part.length;
    inflow.take(more ? Flag.more : 0, part, 0, part.length, 0, false);
  };
  const total = Buffer.alloc(4);
  total.writeUInt32BE(item.length);
  say(Buffer.concat([total, item.subarray(0, 100)]), true);
  for (let at = 100; at < item.length; ) {
    const end = Math.min(item.length, at + 200);
    assert.ok(
      creditBytes() >= Math.min(leastCreditBytes, headerBytes + end - at),
      `${creditBytes()} bytes of credit at ${at}`,
    );
    const until = Math.min(end, at + creditBytes() - headerBytes);
    say(item.subarray(at, until), until < item.length);
    at = until;
  }
  assert.deepEqual(await read, { value: item, done: false });
});
