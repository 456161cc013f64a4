// Written by "rpc generate" from the class Orders in src/services/orders.ts: change that one, and run the command again.
import { defineService, type ServiceDescriptor } from "@rpc/core";

/** Places orders, and asks Stock for the pieces, wherever it runs. They are kept in memory, too. */
export interface Orders {
  /** Places an order, once for each id: who did not hear the answer may ask again. Returns the order of that id. */
  place(order: Order): Order;
  /** Returns every order, the oldest first. */
  list(): readonly Order[];
}

export interface Order {
  readonly id: string;
  readonly product: string;
  readonly quantity: number;
}

/** What `createClient`, `@InjectClient` and a connector's `client` want. */
export const OrdersService: ServiceDescriptor<Orders> = defineService<Orders>("Orders", {
  place: { idempotent: true, schemaHash: "91e9e724a9af9a47" },
  list: { idempotent: true, schemaHash: "b669cad7b5c48471" },
});
