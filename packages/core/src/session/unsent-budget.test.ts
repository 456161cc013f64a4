import assert from "node:assert/strict";
import test from "node:test";
import { type Backlog, UnsentBudget } from "./unsent-budget.js";

/** Connections by name, with what waits on them and how long that would take; those that were cut off stand in `ended`. */
function backlogs(
  mostBytes: number,
  all: Readonly<Record<string, readonly [bytes: number, restMs: number | undefined]>>,
) {
  const budget = new UnsentBudget(mostBytes);
  const ended: string[] = [];
  for (const [name, [bytes, restMs]] of Object.entries(all)) {
    const backlog = {
      unsentBytes: bytes,
      countedBytes: 0,
      tooLongMs: 10_000,
      restMs: () => restMs,
      cut: () => {
        ended.push(name);
        backlog.unsentBytes = 0;
      },
    } satisfies Backlog;
    budget.count(backlog);
  }
  return { budget, ended };
}

test("while there is room nobody is ended, however slow", () => {
  const { budget, ended } = backlogs(100, { slow: [70, 1e9], fast: [5, 1] });
  budget.look(0);
  assert.deepEqual(ended, []);
  assert.equal(budget.roomBytes, 25);
});

test("where little room is left the slowest are ended first, and no more than have to be; who reads well never", () => {
  const { budget, ended } = backlogs(100, {
    fast: [25, 100],
    slow: [25, 20_000],
    slower: [25, 30_000],
    well: [24, 9_999],
  });
  budget.look(0);
  assert.deepEqual(ended, ["slower"]);
  const { budget: fuller, ended: those } = backlogs(100, { fast: [50, 100], slow: [25, 20_000], well: [24, 9_999] });
  fuller.look(0);
  assert.deepEqual(those, ["slow"]);
});

test("where there is none the slowest is ended, though each reads, but none that holds next to nothing", () => {
  const { budget, ended } = backlogs(100, { one: [60, 300], other: [60, 200], little: [1, 9_000] });
  budget.look(0);
  assert.deepEqual(ended, ["one"]);
});

test("nobody is ended of whom it is not known how fast it reads; at the next look it may be", () => {
  const { budget, ended } = backlogs(100, { newcomer: [90, undefined], known: [60, 500] });
  budget.look(0);
  assert.deepEqual(ended, ["known"]);
});

test("what has left meanwhile is no reason to end anybody", () => {
  const budget = new UnsentBudget(100);
  const backlog = { unsentBytes: 120, countedBytes: 0, tooLongMs: 10_000, restMs: () => 1e9, cut: () => assert.fail() };
  budget.count(backlog);
  backlog.unsentBytes = 10;
  budget.look(0);
  assert.equal(budget.roomBytes, 90);
});
