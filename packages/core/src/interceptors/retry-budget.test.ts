import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RetryBudget } from "./retry-budget.js";

/** Takes retries out until there are none. */
function takeAll(budget: RetryBudget, now: number): number {
  let taken = 0;
  while (budget.withdraw(now)) {
    taken++;
    assert.ok(taken < 1_000_000);
  }
  return taken;
}

describe("the retry budget", () => {
  const rows: readonly [calls: number, options: ConstructorParameters<typeof RetryBudget>[0], allowed: number][] = [
    [0, undefined, 100],
    [9, undefined, 100],
    [10, undefined, 101],
    [1_000, undefined, 200],
    [1_009, undefined, 200],
    [1_000, { ratio: 0.2, perSecond: 0 }, 200],
    [1_000, { ratio: 0, perSecond: 1 }, 10],
    [1_000, { ratio: 0, perSecond: 0 }, 0],
  ];
  for (const [calls, options, allowed] of rows) {
    test(`${calls} calls in 10 s with ${JSON.stringify(options ?? "the defaults")} allow ${allowed} retries and not one more`, () => {
      const budget = new RetryBudget(options);
      for (let call = 0; call < calls; call++) budget.deposit(1_000 + (call % 9) * 1_000);
      assert.equal(takeAll(budget, 9_999), allowed);
      assert.equal(budget.withdraw(9_999), false);
    });
  }

  test("what was used is given back after 10 s and no earlier, what was earned is lost then", () => {
    const budget = new RetryBudget({ ratio: 0.1, perSecond: 1 });
    for (let call = 0; call < 1_000; call++) budget.deposit(20_500);
    assert.equal(takeAll(budget, 20_500), 110);
    assert.equal(takeAll(budget, 30_499), 0);
    assert.equal(takeAll(budget, 31_000), 10);
  });

  test("a refused retry takes nothing", () => {
    const budget = new RetryBudget({ ratio: 0.5, perSecond: 0 });
    for (let step = 0; step < 100; step++) assert.equal(budget.withdraw(5_000), false);
    budget.deposit(5_000);
    budget.deposit(5_000);
    assert.equal(takeAll(budget, 5_000), 1);
  });

  test("a client that was silent for hours begins anew", () => {
    const budget = new RetryBudget();
    for (let call = 0; call < 10_000; call++) budget.deposit(1_000);
    takeAll(budget, 1_000);
    assert.equal(takeAll(budget, 86_400_000), 100);
  });
});
