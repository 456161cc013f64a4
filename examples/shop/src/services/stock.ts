import { isDeepStrictEqual } from "node:util";
import { RpcError } from "@rpc/core";
import { Method, Service } from "@rpc/decorators";
import type { OrderLine } from "../order.js";
import { openShelf } from "../store.js";

/** There are so many pieces of a product for one order. */
const mostPieces = 100;

interface Reservation {
  readonly orderId: string;
  readonly lines: readonly OrderLine[];
}

@Service("Stock")
export class Stock {
  readonly #reservations = openShelf<Reservation>("reservations");

  /**
   * Sets the pieces of an order aside, once however often it is asked. Rejects with `failed_precondition` where there are not
   * enough, and with `already_exists` where other pieces were set aside for the order.
   */
  @Method({ idempotent: true })
  async reserve(orderId: string, lines: readonly OrderLine[]): Promise<void> {
    const wanted = lines.map(({ product, quantity }) => ({ product, quantity }));
    const short = wanted.find(({ quantity }) => quantity > mostPieces);
    if (short !== undefined) {
      throw new RpcError("failed_precondition", `there are only ${mostPieces} of ${short.product}`, {
        reason: "OUT_OF_STOCK",
      });
    }
    const kept = await this.#reservations.keepOnce(orderId, { orderId, lines: wanted });
    if (!isDeepStrictEqual(kept.lines, wanted)) {
      throw new RpcError("already_exists", `other pieces are set aside for ${orderId}`, { reason: "OTHER_CONTENT" });
    }
  }
}
