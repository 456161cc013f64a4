import type { ClientWith } from "@rpc/core";
import { createApp, InjectClient } from "@rpc/decorators";
import { fileRegistry } from "@rpc/registry-file";
import { injectable } from "inversify";
import type { Order, PricedLine } from "./order.js";
import { followParent, tellParent } from "./parent.js";
import { Orders } from "./services/orders.js";
import { settings } from "./settings.js";
import { openLedger, type Sent } from "./show/ledger.js";
import { madeUpOrder } from "./show/made-up-orders.js";
import { openLoop } from "./show/open-loop.js";
import { createReport } from "./show/report.js";

/** Every so manyth order is sent twice at once, as by a customer who clicks twice. */
const twiceEvery = 50;

/** A class that calls a service: its constructor asks for a typed client, and it knows nothing of servers or addresses. */
@injectable()
class Shopper {
  // A `Client<Orders>` would return plain data; this one returns orders and lines with their methods.
  constructor(@InjectClient(Orders) private readonly orders: ClientWith<Orders, Order | PricedLine>) {}

  buy({ orderId, customer, lines }: Sent): Promise<Order> {
    return this.orders.place(orderId, { customer, lines });
  }
}

const report = createReport();
const app = await createApp({
  clients: [Shopper],
  registry: fileRegistry(settings.registry),
  cluster: settings.cluster,
  connect: {
    interceptors: [report.interceptor],
    // By default 10 % of the calls may be tried again, to spare servers that are overloaded. Here every single order counts, also
    // when a busy server dies with hundreds of them.
    retry: { budget: { ratio: 1 } },
  },
  // First no more orders, then no more app: see below.
  signals: false,
});
await app.start();

const shopper = app.get(Shopper);
const ledger = openLedger(settings.ledger);

async function buy(order: Sent): Promise<void> {
  ledger.sent(order);
  const settled = report.begin(order.orderId);
  await shopper.buy(order).then(ledger.answered).then(settled, settled);
}

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => stop.abort());
followParent();
await tellParent({ kind: "ready" });
report.start();
await openLoop(settings.rate, stop.signal, async (n) => {
  const order = madeUpOrder(n);
  await Promise.all(n % twiceEvery === 0 ? [buy(order), buy(order)] : [buy(order)]);
});
await app.stop();
await report.end();
