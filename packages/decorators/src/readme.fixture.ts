import type { ClientWith } from "@rpc/core";
import { Exclude, Type } from "class-transformer";
import { arrayOf, createApp, InjectClient, Method, Service } from "./index.js"; // you write: from "@rpc/decorators"

class Line {
  sku = "";
  count = 1;
}

class Order {
  id = "";
  @Type(() => Line)
  lines: Line[] = [];
  @Exclude()
  margin = 0.2;

  pieces(): number {
    return this.lines.reduce((sum, { count }) => sum + count, 0);
  }
}

@Service("Orders")
class Orders {
  readonly #orders = new Map<string, Order>();

  @Method({ idempotent: true, input: [() => Order] })
  place(order: Order): void {
    this.#orders.set(order.id, order); // an Order, with its methods; its lines are Lines
  }

  @Method({ idempotent: true, output: arrayOf(() => Order) })
  list(): Order[] {
    return [...this.#orders.values()];
  }
}

class Report {
  constructor(@InjectClient(Orders) private readonly orders: ClientWith<Orders, Order>) {}

  async text(): Promise<string> {
    await this.orders.place(Object.assign(new Order(), { id: "o-1", lines: [{ sku: "tea", count: 3 }] }));
    const [order] = await this.orders.list();
    return `${order?.id}: ${order?.pieces()} pieces`;
  }
}

const app = await createApp({ services: [Orders], clients: [Report], logger: "warn" });
await app.start();
console.log(await app.get(Report).text()); // o-1: 3 pieces
await app.stop();
