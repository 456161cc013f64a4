import assert from "node:assert/strict";
import test from "node:test";
import { Stock } from "./stock.js";

test("pieces are taken once for an order, however often it is told", () => {
  const stock = new Stock();
  assert.equal(stock.take("o-1", "tea", 3), 97);
  assert.equal(stock.take("o-1", "tea", 3), 97);
});

test("who wants more than there is gets nothing, and hears how much is left", () => {
  const stock = new Stock();
  assert.throws(() => stock.take("o-1", "coffee", 51), /only 50 of coffee are left/);
  assert.equal(stock.left("coffee"), 50);
});
