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

  /** Takes pieces for an order, once however often it is told; returns false, and takes none, where there are too few. */
  @Method({ idempotent: true })
  take(orderId: string, product: string, quantity: number): boolean {
    if (this.#taken.has(orderId)) return true;
    const left = this.left(product);
    if (quantity > left) return false;
    this.#left.set(product, left - quantity);
    this.#taken.add(orderId);
    return true;
  }
}
