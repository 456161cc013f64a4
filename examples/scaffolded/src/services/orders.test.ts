import assert from "node:assert/strict";
import test from "node:test";
import { bind, createClient, createDispatcher } from "@rpc/core";
import { StockService } from "../generated/stock.client.js";
import { Orders } from "./orders.js";
import { Stock } from "./stock.js";

/** Orders with a client of a Stock in this process: calls go the usual way, but through no socket. */
function ordersAndStock(): { readonly orders: Orders; readonly stock: Stock } {
  const stock = new Stock();
  const dispatcher = createDispatcher([bind(StockService, stock)]);
  return { orders: new Orders(createClient(StockService, dispatcher.invoke)), stock };
}

const order = { id: "o-1", product: "tea", quantity: 3 };

test("an order takes its pieces from the stock, once however often it is placed", async () => {
  const { orders, stock } = ordersAndStock();
  assert.deepEqual(await orders.place(order), order);
  assert.deepEqual(await orders.place(order), order);
  assert.equal(stock.left("tea"), 97);
  assert.deepEqual(orders.list(), [order]);
});

test("an order that the stock cannot fill is not placed", async () => {
  const { orders } = ordersAndStock();
  await assert.rejects(orders.place({ ...order, quantity: 101 }), { reason: "OUT_OF_STOCK" });
  await assert.rejects(orders.place({ ...order, quantity: -1 }), { code: "invalid_argument" });
  assert.deepEqual(orders.list(), []);
});
