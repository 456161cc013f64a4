import { type Client, RpcError } from "@rpc/core";
import { InjectClient, Method, Service } from "@rpc/decorators";
import { type Stock, StockService } from "../generated/stock.client.js";

export interface Order {
  readonly id: string;
  readonly product: string;
  readonly quantity: number;
}

/** Places orders, and asks Stock for the pieces, wherever it runs. They are kept in memory, too. */
@Service("Orders")
export class Orders {
  readonly #orders = new Map<string, Order>();

  constructor(@InjectClient(StockService) private readonly stock: Client<Stock>) {}

  /** Places an order, once for each id: who did not hear the answer may ask again. Returns the order of that id. */
  @Method({ idempotent: true })
  async place(order: Order): Promise<Order> {
    const { id, product, quantity } = order;
    if (!Number.isInteger(quantity) || quantity < 1) {
      throw new RpcError("invalid_argument", `quantity must be a whole number above 0, not ${quantity}`);
    }
    if (!(await this.stock.take(id, product, quantity))) {
      throw new RpcError("failed_precondition", `fewer than ${quantity} of ${product} are left`, {
        reason: "OUT_OF_STOCK",
      });
    }
    const placed = this.#orders.get(id) ?? order;
    this.#orders.set(id, placed);
    return placed;
  }

  /** Returns every order, the oldest first. */
  @Method({ idempotent: true })
  list(): readonly Order[] {
    return [...this.#orders.values()];
  }
}
