import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../testing/manual-clock.js";
import { RecentFailures } from "./recent-failures.js";

test("five failures within 60 s slow a place down, four do not, and other places are left alone", async () => {
  const clock = createManualClock();
  const failures = new RecentFailures(clock, 5);
  for (let n = 0; n < 4; n++) failures.add("a");
  assert.equal(failures.tooMany("a"), false);
  failures.add("a");
  assert.equal(failures.tooMany("a"), true);
  assert.equal(failures.tooMany("b"), false);
  await clock.advance(59_999);
  assert.equal(failures.tooMany("a"), true);
  await clock.advance(1);
  assert.equal(failures.tooMany("a"), false);
});

test("five failures over more than 60 s slow nobody down", async () => {
  const clock = createManualClock();
  const failures = new RecentFailures(clock, 5);
  for (let n = 0; n < 20; n++) {
    failures.add("a");
    await clock.advance(15_000);
    assert.equal(failures.tooMany("a"), false);
  }
});

test("a million places cost no more than ten thousand, and who failed last is still known", () => {
  const failures = new RecentFailures(createManualClock(), 5);
  for (let n = 0; n < 5; n++) failures.add("guesser");
  for (let n = 0; n < 50_000; n++) {
    failures.add(`10.${n}`);
    if (n % 1_000 === 0) failures.add("guesser");
  }
  assert.equal(failures.size, 10_000);
  assert.equal(failures.tooMany("guesser"), true);
});
