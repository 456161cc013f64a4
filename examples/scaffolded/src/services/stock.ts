import { RpcError } from "@rpc/core";
import { Method, Service } from "@rpc/decorators";

/** What lies on the shelves. It is kept in memory: before there are two of these, a database belongs here. */
@Service("Stock")
export class Stock {
  readonly #left = new Map([
    ["tea", 100],
    ["coffee", 50],
  ]);
  readonly #taken = new Set<string>();

  /** Returns how many pieces of a product are left. */
  @Method({ idempotent: true })
  left(product: string): number {
    return this.#left.get(product) ?? 0;
  }

  /** Takes pieces for an order, once however often it is told; returns how many are left. */
  @Method({ idempotent: true })
  take(orderId: string, product: string, quantity: number): number {
    const left = this.left(product);
    if (this.#taken.has(orderId)) return left;
    if (!Number.isInteger(quantity) || quantity < 1) {
      throw new RpcError("invalid_argument", `quantity must be a whole number above 0, not ${quantity}`);
    }
    if (quantity > left) {
      throw new RpcError("failed_precondition", `only ${left} of ${product} are left`, { reason: "OUT_OF_STOCK" });
    }
    this.#taken.add(orderId);
    this.#left.set(product, left - quantity);
    return left - quantity;
  }
}
