import assert from "node:assert/strict";
import test from "node:test";
import { bind, createClient, createDispatcher } from "@rpc/core";
import { serviceOf } from "@rpc/decorators";
import { Basket } from "./basket.js";
import { Prices } from "./prices.js";

test("the total is the sum of the prices", async () => {
  const prices = createDispatcher([
    bind(serviceOf(Prices), { of: async (product) => (product === "tea" ? 300 : 450) }),
  ]);
  const basket = new Basket(createClient(serviceOf(Prices), prices.invoke));
  assert.equal(await basket.total(["tea", "cup"]), 750);
});
