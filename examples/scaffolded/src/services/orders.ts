import type { Client } from "@rpc/core";
import { InjectClient, Method, Service } from "@rpc/decorators";
import { type Stock, StockService } from "../generated/stock.client.js";

/** An order as it was placed. */
export interface Order {
  readonly id: string;
  readonly product: string;
  readonly quantity: number;
}

/** Places orders, and asks Stock for the pieces, wherever it runs. It is kept in memory, too. */
@Service("Orders")
export class Orders {
  readonly #orders = new Map<string, Order>();

  constructor(@InjectClient(StockService) private readonly stock: Client<Stock>) {}

  /** Places an order, once for each id: who did not hear the answer may ask again. */
  @Method({ idempotent: true })
  async place(id: string, product: string, quantity: number): Promise<Order> {
    await this.stock.take(id, product, quantity);
    const order = this.#orders.get(id) ?? { id, product, quantity };
    this.#orders.set(id, order);
    return order;
  }

  /** Returns every order, the oldest first. */
  @Method({ idempotent: true })
  list(): readonly Order[] {
    return [...this.#orders.values()];
  }
}
