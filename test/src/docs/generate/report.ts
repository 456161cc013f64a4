import type { Client } from "@rpc/core";
import { InjectClient } from "@rpc/decorators";
import { Currency, NotSold, type Prices, PricesService } from "./generated/prices.client.js";

export class Report {
  constructor(@InjectClient(PricesService) private readonly prices: Client<Prices>) {}

  async line(sku: string): Promise<string> {
    try {
      const { amount, currency } = await this.prices.of(sku, Currency.pound);
      return `${sku}: ${amount / 100} ${currency}`;
    } catch (error) {
      if (error instanceof NotSold) return `no ${error.details.sku} today`;
      throw error;
    }
  }
}
