import assert from "node:assert/strict";
import test from "node:test";
import { createManualClock } from "../testing/manual-clock.js";
import { CutFrame } from "./cut-frame.js";
import { PartialBudget, type Spender } from "./partial-budget.js";

const clock = createManualClock();

function spender(name: string, evicted: string[]): Spender {
  return { heldBytes: 0, over: false, evict: () => void evicted.push(name) };
}

test("young messages in part are given up from the newest on until all fit, and what ended makes room", () => {
  const budget = new PartialBudget(100, clock);
  const evicted: string[] = [];
  const [a, b, c] = ["a", "b", "c"].map((name) => spender(name, evicted)) as [Spender, Spender, Spender];
  for (const each of [a, b, c]) {
    budget.begin(each);
    budget.spend(each, 30);
  }
  budget.spend(a, 30);
  assert.deepEqual(evicted, ["c"]);
  budget.spend(a, 40);
  assert.deepEqual(evicted, ["c", "b"]);
  budget.end(a);
  const d = spender("d", evicted);
  budget.begin(d);
  budget.spend(d, 100);
  assert.deepEqual(evicted, ["c", "b"]);
  budget.spend(d, 1);
  assert.deepEqual(evicted, ["c", "b", "d"]);
});

test("a million messages that begin and end, in whatever order, leave no bytes and no list behind", () => {
  const budget = new PartialBudget(1_000, clock);
  const evicted: string[] = [];
  const alive: Spender[] = [];
  for (let n = 0; n < 1_000_000; n++) {
    const each = spender(`${n}`, evicted);
    budget.begin(each);
    budget.spend(each, 10);
    alive.push(each);
    if (alive.length === 100) for (const old of alive.splice((n * 7) % 50, 50)) budget.end(old);
  }
  assert.equal(evicted.length, 0);
  for (const each of alive) budget.end(each);
  const last = spender("last", evicted);
  budget.begin(last);
  budget.spend(last, 1_000);
  assert.equal(evicted.length, 0);
});

test("of messages that are a second old those go first that came slowest, and only those that hold something", async () => {
  const time = createManualClock();
  const budget = new PartialBudget(100, time);
  const evicted: string[] = [];
  const begun = (name: string, bytes: number): Spender => {
    const each = spender(name, evicted);
    budget.begin(each);
    budget.spend(each, bytes);
    return each;
  };
  begun("little", 1);
  begun("old", 30);
  await time.advance(2_000);
  begun("quick", 60);
  await time.advance(1_000);
  begun("young", 20);
  assert.deepEqual(evicted, ["old"]);
  await time.advance(50);
  begun("younger", 20);
  assert.deepEqual(evicted, ["old", "quick"]);
  assert.equal(budget.bytes, 41);
});

test("the beginning of a frame counts while nothing else comes, and is young again as soon as it is another one", async () => {
  const time = createManualClock();
  const budget = new PartialBudget(10_000, time);
  let evicted = 0;
  const frame = new CutFrame(budget, () => evicted++);
  frame.tick(4_000, 4_000);
  await time.advance(1_000);
  frame.tick(4_001, 4_001);
  assert.equal(budget.bytes, 4_001);
  const other = spender("other", []);
  // Another frame: more was read than it holds.
  frame.tick(5_000, 40_000);
  budget.begin(other);
  budget.spend(other, 4_000);
  assert.equal(budget.bytes, 9_000);
  budget.spend(other, 1_001);
  assert.equal(evicted, 0, "it is as young as the other");
  budget.end(other);
  frame.tick(5_001, 40_001);
  await time.advance(1_000);
  const quick = spender("quick", []);
  budget.begin(quick);
  budget.spend(quick, 9_000);
  assert.equal(evicted, 1);
  assert.equal(budget.bytes, 9_000);
  frame.tick(0, 50_000);
  frame.tick(100, 50_100);
  assert.equal(budget.bytes, 9_000);
});
