import { isDeepStrictEqual } from "node:util";
import { type Client, RpcError } from "@rpc/core";
import { InjectClient, Method, Service } from "@rpc/decorators";
import { plainToInstance } from "class-transformer";
import { Order, type OrderLine, OrderRequest } from "../order.js";
import { settings } from "../settings.js";
import { openShelf } from "../store.js";
import { Prices } from "./prices.js";
import { Stock } from "./stock.js";

@Service("Orders")
export class Orders {
  readonly #orders = openShelf<object>("orders");
  #placements = 0;

  constructor(
    @InjectClient(Prices) private readonly prices: Client<Prices>,
    @InjectClient(Stock) private readonly stock: Client<Stock>,
  ) {}

  /**
   * Places an order, once for each id: who asks again, since an answer was lost or out of impatience, gets the order as it was
   * placed the first time. Rejects with `already_exists` where the id stands for an order of other content.
   */
  @Method({ idempotent: true, output: () => Order })
  async place(orderId: string, { customer, lines }: OrderRequest): Promise<Order> {
    checkLines(lines);
    const priced = await this.#price(lines).catch(passOn);
    await this.stock.reserve(orderId, lines).catch(passOn);
    const placement = `${settings.server} (process ${process.pid}), placement ${++this.#placements}`;
    const kept = await this.#orders.keepOnce(orderId, { orderId, customer, lines: priced, placement });
    const order = plainToInstance(Order, kept);
    if (order.customer !== customer || !isDeepStrictEqual(order.lines.map(wanted), lines.map(wanted))) {
      throw new RpcError("already_exists", `${orderId} is another order already`, { reason: "OTHER_CONTENT" });
    }
    return order;
  }

  /** Every line is asked for at once; all calls of one moment leave in one write. */
  #price(lines: readonly OrderLine[]): Promise<object[]> {
    return Promise.all(
      lines.map(async ({ product, quantity }) => ({
        product,
        quantity,
        unitCents: await this.prices.priceOf(product, quantity),
      })),
    );
  }
}

const wanted = ({ product, quantity }: OrderLine) => ({ product, quantity });

function checkLines(lines: readonly OrderLine[]): void {
  const right = ({ product, quantity }: OrderLine) =>
    typeof product === "string" && Number.isSafeInteger(quantity) && quantity > 0;
  if (Array.isArray(lines) && lines.length > 0 && lines.every(right)) return;
  throw new RpcError("invalid_argument", "an order has lines, each with a product and a number of pieces from 1", {
    reason: "BAD_LINES",
  });
}

/**
 * Says what Prices or Stock answered as our own answer: an error that is only let through reaches our caller as `unknown`. That
 * holds for `unavailable` too: since placing is idempotent, our caller may then simply try again.
 */
function passOn(error: unknown): never {
  if (!(error instanceof RpcError)) throw error;
  throw new RpcError(error.code, error.message, { reason: error.reason, cause: error });
}
