import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CodeName } from "../contract/code.js";
import { RpcError, type RpcErrorOptions } from "../contract/errors.js";
import { type EjectionOptions, Health, isAnswer, isFault } from "./health.js";

const failure = () => new RpcError("unavailable", "made up", { origin: "peer" });

/** A health that is ejected as soon as it is sick, and what was said of it. */
function health(options: EjectionOptions = {}) {
  const said: string[] = [];
  const it = new Health(options, (why) => said.push(why));
  return { it, said };
}

describe("an endpoint's health", () => {
  test("four failures in a row say nothing, five do; a success between begins anew", () => {
    const { it, said } = health();
    for (let n = 0; n < 4; n++) it.failed(failure(), 1_000);
    it.succeeded();
    for (let n = 0; n < 4; n++) it.failed(failure(), 1_000);
    assert.deepEqual(said, []);
    it.failed(failure(), 1_000);
    assert.deepEqual(said, ["5 calls in a row failed"]);
  });

  test("half of twenty calls in 10 s do, of nineteen not, and one less than half not", () => {
    for (const [successes, failures, sick] of [
      [10, 10, true],
      [10, 9, false],
      [11, 10, false],
      [999, 998, false],
      [999, 999, true],
    ] as const) {
      const { it, said } = health({ failuresInARow: Number.POSITIVE_INFINITY });
      it.tick(1_000);
      for (let n = 0; n < successes; n++) it.succeeded();
      for (let n = 0; n < failures; n++) it.failed(failure(), 5_000);
      assert.equal(said.length > 0, sick, `${failures} of ${successes + failures}: ${said}`);
    }
  });

  test("what is older than 10 s counts no more, successes and failures alike", () => {
    const { it, said } = health({ failuresInARow: Number.POSITIVE_INFINITY });
    it.tick(0);
    for (let n = 0; n < 9; n++) it.failed(failure(), 500);
    for (let n = 0; n < 1_000; n++) it.succeeded();
    for (let now = 250; now <= 9_750; now += 250) it.tick(now);
    for (let n = 0; n < 15; n++) it.failed(failure(), 9_900);
    assert.deepEqual(said, [], "a thousand successes count yet");
    for (let now = 10_000; now <= 11_000; now += 250) it.tick(now);
    for (let n = 0; n < 4; n++) it.failed(failure(), 11_100);
    assert.deepEqual(said, [], "19 calls are too few");
    it.failed(failure(), 11_200);
    assert.deepEqual(said, ["20 of 20 calls failed within 10 s"]);
  });

  test("it is left out for 5 s, then 10, and so on to 60; and is forgiven one time for each minute in which it is well", () => {
    const { it } = health();
    let now = 0;
    const spells: number[] = [];
    const eject = (): void => {
      spells.push(it.eject(now));
      assert.equal(it.ejected, true);
      const until = now + spells.at(-1)!;
      for (; now < until - 250; now += 250) assert.equal(it.tick(now), false);
      now = until;
      assert.equal(it.tick(now), true);
      assert.equal(it.ejected, false);
    };
    for (let n = 0; n < 14; n++) eject();
    assert.deepEqual(spells.slice(0, 4), [5_000, 10_000, 15_000, 20_000]);
    assert.deepEqual(spells.slice(11), [60_000, 60_000, 60_000]);
    for (let minute = 0; minute < 13; minute++) {
      now += 60_000;
      it.tick(now);
    }
    eject();
    assert.equal(spells.at(-1), 10_000);
  });

  test("who is taken back begins without a past", () => {
    const { it, said } = health();
    for (let n = 0; n < 5; n++) it.failed(failure(), 0);
    it.eject(0);
    it.tick(5_000);
    for (let n = 0; n < 4; n++) it.failed(failure(), 5_000);
    assert.equal(said.length, 1);
    it.failed(failure(), 5_000);
    assert.equal(said.length, 2);
  });

  test("a lost connection counts once, however many calls it takes with it", () => {
    const { it, said } = health();
    const lost = new Error("reset");
    for (let n = 0; n < 100; n++) it.failed(new RpcError("unavailable", "lost", { cause: lost }), 0);
    assert.deepEqual(said, []);
  });
});

describe("whose fault a failed call is", () => {
  const rows: readonly [
    code: CodeName,
    options: RpcErrorOptions,
    latencyMs: number,
    fault: boolean,
    answer: boolean,
  ][] = [
    ["unavailable", { origin: "peer", processed: "yes" }, 1, true, false],
    ["unavailable", { origin: "peer", processed: "no" }, 1, true, false],
    ["unavailable", { reason: "CONNECTION_LOST", processed: "maybe" }, 3, true, false],
    ["unavailable", { reason: "CONNECTION_LOST", processed: "no" }, -1, false, false],
    ["unavailable", { reason: "DRAINING", processed: "no" }, 1, false, false],
    ["unavailable", { reason: "DRAINING", origin: "peer", processed: "no" }, 1, false, false],
    ["unavailable", { reason: "SUSPECT", processed: "maybe" }, 600, false, false],
    ["unavailable", { origin: "peer", processed: "no", retryAfterMs: 20 }, 1, false, false],
    ["resource_exhausted", { reason: "OVERLOADED", origin: "peer", processed: "no" }, 1, false, false],
    ["deadline_exceeded", { processed: "maybe" }, 50, true, false],
    ["deadline_exceeded", { processed: "maybe" }, 9, false, false],
    ["deadline_exceeded", { processed: "no" }, -1, false, false],
    ["deadline_exceeded", { origin: "peer", processed: "no" }, 20, false, false],
    ["cancelled", { processed: "maybe" }, 500, false, false],
    ["unknown", { origin: "peer", processed: "yes" }, 1, false, true],
    ["internal", { origin: "peer", processed: "yes" }, 1, false, true],
    ["not_found", { origin: "peer", processed: "yes" }, 1, false, true],
    ["resource_exhausted", { origin: "peer", processed: "yes" }, 1, false, true],
    ["permission_denied", { origin: "peer", processed: "no" }, 1, false, false],
  ];
  for (const [code, options, latencyMs, fault, answer] of rows) {
    test(`${code} ${JSON.stringify(options)} after ${latencyMs} ms: ${fault ? "the endpoint's" : answer ? "nobody's, it answered" : "nobody's"}`, () => {
      const error = new RpcError(code, "made up", options);
      assert.deepEqual([isFault(error, latencyMs, 10), isAnswer(error)], [fault, answer]);
    });
  }
});
