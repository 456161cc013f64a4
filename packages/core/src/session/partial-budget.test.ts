import assert from "node:assert/strict";
import test from "node:test";
import { PartialBudget, type Spender } from "./partial-budget.js";

function spender(name: string, evicted: string[]): Spender {
  return { heldBytes: 0, over: false, evict: () => void evicted.push(name) };
}

test("messages in part are given up from the newest on until all fit, and what ended makes room", () => {
  const budget = new PartialBudget(100);
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
  const budget = new PartialBudget(1_000);
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
