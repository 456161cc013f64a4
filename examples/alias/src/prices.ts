import { Method, Service } from "@rpc/decorators";

/** Was called `shop.PriceList` once, and its method `priceOf`: old clients still call it so. */
@Service({ name: "Prices", alias: "shop.PriceList" })
export class Prices {
  @Method({ idempotent: true, alias: "priceOf" })
  of(product: string): number {
    return product.length * 100;
  }
}
