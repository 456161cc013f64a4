// Written by "rpc generate" from the class Prices in prices.ts: change that one, and run the command again.
import { defineService, RpcError, type ServiceDescriptor } from "@rpc/core";

export interface Prices {
  /** Returns what a piece costs today. */
  of(sku: string, currency?: Currency): Price;
}

export const Currency = {
  euro: "EUR",
  pound: "GBP",
} as const;
export type Currency = (typeof Currency)[keyof typeof Currency];

/** What a piece of something costs. */
export interface Price {
  readonly sku: string;
  /** In hundredths of the currency. */
  readonly amount: number;
  readonly currency: Currency;
}

/** Nothing is sold under this name. */
export class NotSold extends RpcError {
  static override readonly reason = "NOT_SOLD";
  declare readonly details: { readonly sku: string };
}

/** What `createClient`, `@InjectClient` and a connector's `client` want. */
export const PricesService: ServiceDescriptor<Prices> = defineService<Prices>("Prices", {
  of: { idempotent: true, timeoutMs: 2_000, schemaHash: "3f0945a6dd027b38" },
});
