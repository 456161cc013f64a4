import { readFileSync } from "node:fs";
import { connect, RpcError } from "@rpc/core";
import { createApp } from "@rpc/decorators";
import { readContract } from "@rpc/schema";
import { OrdersService } from "./generated/orders.client.js";
import { CreateOrder, type Line, Order } from "./order.js";
import { Orders } from "./orders.js";

// Written by `rpc generate`, from the classes.
const file = new URL("../src/generated/contract.json", import.meta.url);
const contract = readContract(JSON.parse(readFileSync(file, "utf8")));

// One process plays both sides; every call goes through a socket all the same.
const app = await createApp({ services: [Orders], contract, logger: false });
await app.start();
const orders = app.client<Orders, Order | Line>(Orders);

const wanted = (...lines: unknown[]): CreateOrder => Object.assign(new CreateOrder(), { customer: "Ada", lines });

const order = await orders.place(wanted({ sku: "tea", count: 3 }));
console.log(`${order.id} is an Order: ${order instanceof Order}; it has ${order.pieces()} pieces`);
console.log(`placedAt is a Date: ${order.placedAt instanceof Date}; margin is ${order.margin}`);

for (const line of [{ sku: "tea", count: "3" }, { sku: "tea" }, { sku: "tea", count: 0 }]) {
  const refused = await orders.place(wanted(line)).catch((error: unknown) => error);
  if (refused instanceof RpcError) console.log(`${refused.code}: ${refused.message}`);
}

// Who does not have the server's classes has what was written from them: the same types, as plain data.
const elsewhere = connect({ address: app.address });
const [first] = await elsewhere.client(OrdersService).list();
console.log(`${first?.id} is for ${first?.customer}`);
await elsewhere.close();
await app.stop();
