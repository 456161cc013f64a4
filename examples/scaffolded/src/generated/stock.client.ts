// Written by "rpc generate" from the class Stock in src/services/stock.ts: change that one, and run the command again.
import { defineService, type ServiceDescriptor } from "@rpc/core";

/** What lies on the shelves. It is kept in memory: before there are two of these, a database belongs here. */
export interface Stock {
  /** Returns how many pieces of a product are left. */
  left(product: string): number;
  /**
   * Takes pieces for an order, once however often it is told; returns false, and takes none, where there are too few.
   */
  take(orderId: string, product: string, quantity: number): boolean;
}

/** What `createClient`, `@InjectClient` and a connector's `client` want. */
export const StockService: ServiceDescriptor<Stock> = defineService<Stock>("Stock", {
  left: { idempotent: true, schemaHash: "5b3b27fb586bc8d3" },
  take: { idempotent: true, schemaHash: "3f02085c5d7ff4c1" },
});
