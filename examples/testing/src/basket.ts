import { type Client, RpcError, withOptions } from "@rpc/core";
import { InjectClient, Method, Service } from "@rpc/decorators";
import { Prices } from "./prices.js";

/** What is tested here. */
@Service("Basket")
export class Basket {
  constructor(@InjectClient(Prices) private readonly prices: Client<Prices>) {}

  /** The sum of all prices, in cents. Gives up where a price takes longer than a second. */
  @Method({ idempotent: true })
  async total(products: readonly string[]): Promise<number> {
    const quick = withOptions(this.prices, { timeoutMs: 1_000 });
    try {
      const prices = await Promise.all(products.map((product) => quick.of(product)));
      return prices.reduce((sum, price) => sum + price, 0);
    } catch (error) {
      throw new RpcError("failed_precondition", "prices cannot be had", { reason: "NO_PRICES", cause: error });
    }
  }
}
