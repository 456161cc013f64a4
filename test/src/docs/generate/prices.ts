import { RpcError } from "@rpc/core";
import { Method, Service } from "@rpc/decorators";

export enum Currency {
  euro = "EUR",
  pound = "GBP",
}

/** What a piece of something costs. */
export class Price {
  constructor(
    readonly sku: string,
    /** In hundredths of the currency. */
    readonly amount: number,
    readonly currency: Currency,
  ) {}

  text(): string {
    return `${this.amount / 100} ${this.currency}`;
  }
}

/** Nothing is sold under this name. */
export class NotSold extends RpcError {
  static override readonly reason = "NOT_SOLD";
  declare readonly details: { readonly sku: string };

  constructor(sku: string) {
    super("not_found", `${sku} is not sold`, { details: { sku } });
  }
}

@Service("Prices")
export class Prices {
  /** Returns what a piece costs today. */
  @Method({ idempotent: true, timeoutMs: 2_000 })
  of(sku: string, currency = Currency.euro): Price {
    if (sku !== "tea") throw new NotSold(sku);
    return new Price(sku, 350, currency);
  }
}
