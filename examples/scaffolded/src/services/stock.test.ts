import assert from "node:assert/strict";
import test from "node:test";
import { Stock } from "./stock.js";

test("pieces are taken once for an order, however often it is told", () => {
  const stock = new Stock();
  assert.deepEqual([stock.take("o-1", "tea", 3), stock.take("o-1", "tea", 3)], [true, true]);
  assert.equal(stock.left("tea"), 97);
});

test("who wants more than there is gets nothing", () => {
  const stock = new Stock();
  assert.equal(stock.take("o-1", "coffee", 51), false);
  assert.equal(stock.left("coffee"), 50);
});
