import assert from "node:assert/strict";
import test from "node:test";
import { createManualClock } from "../testing/manual-clock.js";
import { Ticker, tickerOf, tickMs } from "./ticker.js";

test("everybody is asked every 250 ms, by one timer, and by none once nobody is left", async () => {
  const clock = createManualClock();
  const ticker = new Ticker(clock);
  const asked: string[] = [];
  const member = (name: string) => ({ tick: (now: number) => void asked.push(`${name}@${now}`) });
  const [a, b] = [member("a"), member("b")];
  assert.equal(clock.timers, 0);
  ticker.add(a);
  await clock.advance(100);
  ticker.add(b);
  assert.equal(clock.timers, 1);
  await clock.advance(400);
  assert.deepEqual(asked, ["a@250", "b@250", "a@500", "b@500"]);
  ticker.delete(a);
  ticker.delete(b);
  await clock.advance(tickMs);
  assert.equal(asked.length, 4);
  assert.equal(clock.timers, 0);
  ticker.add(a);
  await clock.advance(tickMs);
  assert.equal(asked.length, 5);
  ticker.delete(a);
  await clock.advance(tickMs);
  assert.equal(clock.timers, 0);
});

test("one that leaves while others are asked is not asked any more", async () => {
  const clock = createManualClock();
  const ticker = new Ticker(clock);
  let asked = 0;
  const second = { tick: () => void asked++ };
  ticker.add({ tick: () => ticker.delete(second) });
  ticker.add(second);
  await clock.advance(1_000);
  assert.equal(asked, 0);
});

test("a clock has one ticker", () => {
  const clock = createManualClock();
  assert.equal(tickerOf(clock), tickerOf(clock));
  assert.notEqual(tickerOf(clock), tickerOf(createManualClock()));
});
