// Written by `rpc generate`: change the class, and run it again.
import { defineService } from "@rpc/core";

/** An order as it was placed. */
export interface Order {
  readonly id: string;
  readonly product: string;
  readonly quantity: number;
}

/** Places orders, and asks Stock for the pieces, wherever it runs. It is kept in memory, too. */
export interface Orders {
  /** Places an order, once for each id: who did not hear the answer may ask again. */
  place(id: string, product: string, quantity: number): Promise<Order>;
  /** Returns every order, the oldest first. */
  list(): readonly Order[];
}

export const OrdersService = defineService<Orders>("Orders", {
  place: { idempotent: true },
  list: { idempotent: true },
});
