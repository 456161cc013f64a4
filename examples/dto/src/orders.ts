import { arrayOf, Method, Service } from "@rpc/decorators";
import { CreateOrder, Order } from "./order.js";

@Service("Orders")
export class Orders {
  readonly #orders: Order[] = [];

  @Method({ input: [() => CreateOrder], output: () => Order })
  place(wanted: CreateOrder): Order {
    const order = Object.assign(new Order(), wanted, { id: `order-${this.#orders.length + 1}`, margin: 0.2 });
    this.#orders.push(order);
    return order;
  }

  @Method({ idempotent: true, output: arrayOf(() => Order) })
  list(): Order[] {
    return this.#orders;
  }
}
