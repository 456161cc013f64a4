import { createApp } from "@rpc/decorators";
import { CreateOrder, type Line, Order } from "./order.js";
import { Orders } from "./orders.js";

// One process plays both sides; every call goes through a socket all the same.
const app = await createApp({ services: [Orders], logger: false });
await app.start();
const orders = app.client<Orders, Order | Line>(Orders);

const wanted = Object.assign(new CreateOrder(), { customer: "Ada", lines: [{ sku: "tea", count: 3 }] });
const order = await orders.place(wanted);
console.log(`${order.id} is an Order: ${order instanceof Order}; it has ${order.pieces()} pieces`);
console.log(`placedAt is a Date: ${order.placedAt instanceof Date}; margin is ${order.margin}`);
await app.stop();
