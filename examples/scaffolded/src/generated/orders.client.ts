// Written by "rpc generate" from the class Orders in src/services/orders.ts: change that one, and run the command again.
import { defineService, type ServiceDescriptor } from "@rpc/core";

/** Places orders, and asks Stock for the pieces, wherever it runs. It is kept in memory, too. */
export interface Orders {
  /** Places an order, once for each id: who did not hear the answer may ask again. */
  place(id: string, product: string, quantity: number): Order;
  /** Returns every order, the oldest first. */
  list(): readonly Order[];
}

/** An order as it was placed. */
export interface Order {
  readonly id: string;
  readonly product: string;
  readonly quantity: number;
}

/** What `createClient`, `@InjectClient` and a connector's `client` want. */
export const OrdersService: ServiceDescriptor<Orders> = defineService<Orders>("Orders", {
  place: { idempotent: true, schemaHash: "0792c228f70cd13c" },
  list: { idempotent: true, schemaHash: "b669cad7b5c48471" },
});
