import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "../testing/balancer-suite.js";
import { createManualClock } from "../testing/manual-clock.js";
import { Backoff } from "./backoff.js";
import { pause } from "./pause.js";

const middle = (): number => 0.5;
const take = (backoff: Backoff, count: number): number[] => Array.from({ length: count }, () => backoff.next());
const near = (seen: readonly number[], expected: readonly number[]): void => {
  assert.deepEqual(
    seen.map((waitMs) => Math.round(waitMs * 1_000) / 1_000),
    expected,
  );
};

describe("backoff", () => {
  test("waits grow from 100 ms by 1.6 up to 30 s and stay there, so that a server that is gone is not stormed", () => {
    const backoff = new Backoff({}, middle);
    near(take(backoff, 4), [100, 160, 256, 409.6]);
    take(backoff, 20);
    near(take(backoff, 2), [30_000, 30_000]);
  });

  test("a reset makes the next wait the first again", () => {
    const backoff = new Backoff({}, middle);
    take(backoff, 10);
    backoff.reset();
    near(take(backoff, 2), [100, 160]);
  });

  test("waits are spread by a fifth to both sides, so that many clients do not come back at once", () => {
    const random = seededRandom(11);
    const firsts = Array.from({ length: 2_000 }, () => new Backoff({}, random).next());
    assert.ok(firsts.every((waitMs) => waitMs >= 80 && waitMs <= 120));
    assert.ok(Math.min(...firsts) < 81 && Math.max(...firsts) > 119);
    near([new Backoff({}, () => 0).next()], [80]);
  });

  test("every number is an option", () => {
    const backoff = new Backoff({ firstMs: 10, longestMs: 35, factor: 2, jitter: 0 }, () => 0.9);
    near(take(backoff, 4), [10, 20, 35, 35]);
  });
});

describe("a pause", () => {
  test("lasts as long as it was asked to", async () => {
    const clock = createManualClock();
    let over = false;
    void pause(clock, 100, new AbortController().signal).then(() => {
      over = true;
    });
    await clock.advance(99);
    assert.equal(over, false);
    await clock.advance(1);
    assert.equal(over, true);
  });

  test("ends at once when it is aborted, or was before, and leaves no timer that would keep the process alive", async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    const paused = pause(clock, 30_000, controller.signal);
    assert.equal(clock.timers, 1);
    controller.abort();
    await paused;
    await pause(clock, 30_000, controller.signal);
    assert.equal(clock.timers, 0);
  });
});
