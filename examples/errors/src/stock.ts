import { RpcError } from "@rpc/core";
import { Method, Service } from "@rpc/decorators";
import { OutOfStock } from "./out-of-stock.js";

@Service("Stock")
export class Stock {
  #asked = 0;

  /** Fails with a class of our own. */
  @Method()
  take(sku: string, count: number): void {
    if (count > 2) throw new OutOfStock(sku, 2);
  }

  /** Is not ready when it is asked for the first time, and says when to come back. */
  @Method({ idempotent: true })
  count(_sku: string): number {
    if (++this.#asked === 1) throw new RpcError("unavailable", "the list is being loaded", { retryAfterMs: 50 });
    return 2;
  }

  /** Has a mistake in it. */
  @Method()
  audit(): void {
    throw new TypeError("password of the database: 12345");
  }
}
