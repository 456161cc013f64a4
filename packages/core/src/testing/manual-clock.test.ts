import assert from "node:assert/strict";
import test from "node:test";
import { createManualClock } from "./manual-clock.js";

test("timers run in the order of their times, each at its own, so that a simulated cluster behaves as a real one", async () => {
  const clock = createManualClock(1_000);
  const seen: string[] = [];
  const note = (name: string) => () => void seen.push(`${name}@${clock.now()}`);
  clock.setTimer(note("late"), 20);
  clock.setTimer(note("first of two"), 10);
  clock.setTimer(note("second of two"), 10);
  clock.setTimer(note("after the end"), 31);
  await clock.advance(30);
  assert.deepEqual(seen, ["first of two@1010", "second of two@1010", "late@1020"]);
  assert.equal(clock.now(), 1_030);
  assert.equal(clock.timers, 1);
});

test("what a timer leads to has happened before the next one fires, so that no simulated answer is late by the simulation's fault", async () => {
  const clock = createManualClock();
  const seen: string[] = [];
  clock.setTimer(() => {
    void Promise.resolve().then(() => {
      process.nextTick(() => clock.afterReads(() => seen.push(`consequence@${clock.now()}`)));
    });
  }, 5);
  clock.setTimer(() => seen.push("next"), 6);
  await clock.advance(10);
  assert.deepEqual(seen, ["consequence@5", "next"]);
});

test("a timer that sets itself again at once does not stop time, so that a loop that spins fails a test and does not hang it", async () => {
  const clock = createManualClock();
  let fired = 0;
  const again = (): void => {
    fired++;
    clock.setTimer(again, 0);
  };
  clock.setTimer(again, Number.NaN);
  await clock.advance(50);
  assert.equal(fired, 50);
});

test("a timer that was cancelled never fires, also when it was due at the same time as the one that cancels it", async () => {
  const clock = createManualClock();
  const seen: string[] = [];
  clock.setTimer(() => second.cancel(), 1);
  const second = clock.setTimer(() => seen.push("cancelled"), 1);
  second.ref();
  second.unref();
  await clock.advance(5);
  second.cancel();
  assert.deepEqual(seen, []);
  assert.equal(clock.timers, 0);
});

test("a span beyond what a timer can hold counts as the longest, as on the process's own clock", async () => {
  const clock = createManualClock();
  let firedAt = 0;
  clock.setTimer(() => {
    firedAt = clock.now();
  }, 1e20);
  await clock.advance(2 ** 31 - 2);
  assert.equal(firedAt, 0);
  await clock.advance(1);
  assert.equal(firedAt, 2 ** 31 - 1);
});

test("what runs at the end of a turn runs when no promise reaction waits, and time cannot go back", async () => {
  const clock = createManualClock();
  const seen: string[] = [];
  void Promise.resolve().then(() => {
    clock.atEndOfTurn(() => seen.push("end of turn"));
    void Promise.resolve().then(() => seen.push("reaction"));
  });
  await clock.settle();
  assert.deepEqual(seen, ["reaction", "end of turn"]);
  await assert.rejects(clock.advance(-1), RangeError);
});

test("an error of a timer reaches the test that moved time", async () => {
  const clock = createManualClock();
  clock.setTimer(() => {
    throw new Error("of the timer");
  }, 3);
  await assert.rejects(clock.advance(5), { message: "of the timer" });
  assert.equal(clock.now(), 3);
});
