import { Method, Service } from "@rpc/decorators";

@Service("Prices")
export class Prices {
  /** The price of a product, in cents. */
  @Method({ idempotent: true })
  async of(product: string): Promise<number> {
    return product.length * 100;
  }
}
