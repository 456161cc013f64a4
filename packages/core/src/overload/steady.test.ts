import assert from "node:assert/strict";
import { test } from "node:test";
import { queueing } from "./start-queue.fixture.js";

const onsetMs = 1_000;
const untilMs = 3_000;

function p99(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[Math.ceil(values.length * 0.99) - 1]!;
}

/** Offers `factor` times what can be run, evenly and over four connections. Returns how long calls waited once it had gone on for a second. */
async function overloaded(factor: number) {
  const { source, read, turn, pass, now, waits, refusedAfter } = queueing(1);
  const sources = Array.from({ length: 4 }, () => source());
  let before = { started: 0, refused: 0 };
  for (let made = 0; now() < untilMs; ) {
    const at = now();
    if (at < onsetMs) before = { started: waits.length, refused: refusedAfter.length };
    const due = Math.floor(at * factor);
    const from = made;
    for (const [which, one] of sources.entries()) {
      const numbers = Array.from({ length: due - from }, (_, n) => from + n).filter((n) => n % 4 === which);
      if (numbers.length === 0) continue;
      await read(one, ...numbers.map((n) => ({ name: `${n}`, timeoutMs: 1_000, at: n / factor })));
    }
    made = due;
    const turnedAt = now();
    await turn();
    if (now() === turnedAt) await pass(0.2);
  }
  return {
    atOnset: waits.slice(0, before.started),
    started: waits.slice(before.started),
    refused: refusedAfter.slice(before.refused),
  };
}

for (const factor of [2, 5, 10]) {
  test(`${factor} times the load, handlers of 1 ms, timeouts of 1 s: all the time is used, and who is served and who is not learns it soon`, async () => {
    const { atOnset, started, refused } = await overloaded(factor);
    assert.ok(started.length >= 0.98 * (untilMs - onsetMs), `${started.length} were run`);
    assert.ok(p99(started) <= 20, `${p99(started)} ms until they were run`);
    assert.ok(p99(refused) <= 15, `${p99(refused)} ms until they were turned away`);
    assert.ok(p99(atOnset) <= 250, `${p99(atOnset)} ms while it was found out that there are too many`);
  });
}

test("ten thousand calls that a patient client keeps in flight are worked off in order, though a queue stands: none starves", async () => {
  const { source, read, turn, now, log, queue } = queueing(0.05, { waitQueueEntries: 16_384 });
  const from = source();
  let made = 0;
  for (let ran = 0; now() < 2_000; ran = log.length) {
    const missing = 10_000 - (made - ran);
    await read(from, ...Array.from({ length: missing }, () => ({ name: `${made++}` })));
    await turn();
  }
  assert.equal(queue.refused, 0);
  assert.ok(log.length > 35_000, `${log.length} were run`);
  assert.ok(
    log.every((name, place) => name === `${place}`),
    "the one that waited longest goes first",
  );
});
