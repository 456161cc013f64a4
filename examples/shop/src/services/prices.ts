import { RpcError } from "@rpc/core";
import { Method, Service } from "@rpc/decorators";

/** What one piece costs, in cents. */
const listCents = new Map([
  ["apple", 45],
  ["bread", 349],
  ["cheese", 1_299],
  ["coffee", 899],
  ["honey", 675],
  ["olives", 420],
]);

/** From so many pieces on, each costs a tenth less, rounded down. */
const manyPieces = 10;

@Service("Prices")
export class Prices {
  /** Returns what each of so many pieces costs, in whole cents. Rejects with `not_found` for a product that is not sold here. */
  @Method({ idempotent: true })
  priceOf(product: string, quantity: number): number {
    const cents = listCents.get(product);
    if (cents === undefined) throw new RpcError("not_found", `${product} is not sold here`, { reason: "NO_PRODUCT" });
    return quantity < manyPieces ? cents : Math.floor((cents * 9) / 10);
  }
}
