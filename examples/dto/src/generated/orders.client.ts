// Written by "rpc generate" from the class Orders in src/orders.ts: change that one, and run the command again.
import { defineService, type ServiceDescriptor } from "@rpc/core";

export interface Orders {
  place(wanted: CreateOrder): Order;
  list(): Order[];
}

/** What a customer wants. */
export interface CreateOrder {
  customer: string;
  lines: Line[];
}

export interface Line {
  sku: string;
  count: number;
}

/** What becomes of it. */
export interface Order {
  id: string;
  placedAt: Date;
  customer: string;
  lines: Line[];
}

/** What `createClient`, `@InjectClient` and a connector's `client` want. */
export const OrdersService: ServiceDescriptor<Orders> = defineService<Orders>("Orders", {
  place: { schemaHash: "722019380d448993" },
  list: { idempotent: true, schemaHash: "350c13e256fe3b1f" },
});
