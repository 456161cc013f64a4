import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLoans } from "./loans.js";

class Thing {
  ended = false;
  closed = 0;
  async close(): Promise<void> {
    this.ended = true;
    this.closed++;
  }
}

describe("loans", () => {
  test("one thing serves all who use it at a time, and is closed behind the last", async () => {
    const things: Thing[] = [];
    const loans = createLoans(async () => things[things.push(new Thing()) - 1]!);
    const [one, other] = await Promise.all([loans.borrow(), loans.borrow()]);
    assert.equal(one, other);
    loans.giveBack(one);
    assert.equal(loans.lent(), one);
    loans.giveBack(one);
    assert.deepEqual([one.closed, loans.lent()], [1, undefined]);
    assert.notEqual(await loans.borrow(), one);
  });

  test("what ended by itself is not lent again, and giving it back does not disturb its successor", async () => {
    const loans = createLoans(async () => new Thing());
    const broken = await loans.borrow();
    broken.ended = true;
    const next = await loans.borrow();
    assert.notEqual(next, broken);
    loans.giveBack(broken);
    assert.equal(await loans.borrow(), next);
    assert.equal(next.closed, 0);
  });

  test("what cannot be opened fails for those who wanted it, and is tried again for the next", async () => {
    let opens = 0;
    const loans = createLoans(async () => {
      if (++opens === 1) throw new Error("not now");
      return new Thing();
    });
    const both = await Promise.allSettled([loans.borrow(), loans.borrow()]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ["rejected", "rejected"],
    );
    assert.equal((await loans.borrow()).closed, 0);
    assert.equal(opens, 2);
  });

  test("who borrows in the moment in which the last user gives back does not get what is being closed", async () => {
    const loans = createLoans(async () => new Thing());
    const first = await loans.borrow();
    const borrowed = loans.borrow();
    loans.giveBack(first);
    const next = await borrowed;
    assert.deepEqual([next === first, next.ended], [false, false]);
  });

  test("closing closes everything that is lent or being opened, once each", async () => {
    const things: Thing[] = [];
    const loans = createLoans(async () => things[things.push(new Thing()) - 1]!);
    const broken = await loans.borrow();
    broken.ended = true;
    await loans.borrow();
    const late = loans.borrow();
    await loans.close();
    await late;
    assert.deepEqual(
      things.map(({ closed }) => closed),
      [1, 1],
    );
  });
});
