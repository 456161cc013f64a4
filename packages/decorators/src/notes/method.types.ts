/** What the compiler accepts of `@Method` and `@Service`. */
import { arrayOf } from "./dto.js";
import { Method } from "./method.js";
import { Service } from "./service.js";

class CreateOrder {
  sku = "";
  count = 0;
}

class Order {
  id = "";
  #secret = "";
  reveal(): string {
    return this.#secret;
  }
}

@Service()
export class Fits {
  @Method()
  plain(a: number, b: string): string {
    return b.repeat(a);
  }

  @Method({ input: [() => CreateOrder], output: () => Order })
  async place(order: CreateOrder): Promise<Order> {
    return Object.assign(new Order(), { id: order.sku });
  }

  @Method({ input: [() => CreateOrder, undefined] })
  annotated(order: CreateOrder, note?: string): string {
    return `${order.sku} ${note}`;
  }

  /** What is not named may be anything. */
  @Method({ input: [undefined, () => CreateOrder] })
  second(id: number, order: CreateOrder, ...more: readonly string[]): number {
    return id + order.count + more.length;
  }

  @Method({ input: [arrayOf(() => CreateOrder)], output: arrayOf(() => Order) })
  async placeAll(orders: readonly CreateOrder[]): Promise<Order[]> {
    return orders.map(() => new Order());
  }

  @Method({ output: () => Order })
  async find(id: string): Promise<Order | undefined> {
    return id === "" ? undefined : new Order();
  }

  @Method({ input: [() => CreateOrder] })
  optional(order?: CreateOrder): boolean {
    return order === undefined;
  }
}

@Service()
export class Streams {
  @Method({ output: () => Order })
  async *watch(id: string): AsyncIterable<Order> {
    yield Object.assign(new Order(), { id });
  }

  @Method({ stream: "server", output: () => Order })
  async list(): Promise<AsyncIterable<Order>> {
    return this.watch("all");
  }

  @Method({ stream: "client", input: [() => CreateOrder, undefined] })
  async placeMany(orders: AsyncIterable<CreateOrder>, note: string): Promise<number> {
    let count = note.length;
    for await (const order of orders) count += order.count;
    return count;
  }

  @Method({ stream: "duplex", input: [arrayOf(() => CreateOrder)], output: arrayOf(() => Order) })
  async *batches(orders: AsyncIterable<CreateOrder[]>): AsyncIterable<Order[]> {
    for await (const each of orders) yield each.map(() => new Order());
  }
}

export class Misfits {
  // @ts-expect-error: the items are not of the class that is named
  @Method({ output: () => Order })
  async *wrongItems(): AsyncIterable<string> {
    yield "";
  }

  // @ts-expect-error: the items of the argument are not of the class that is named
  @Method({ stream: "client", input: [() => CreateOrder] })
  async wrongStream(orders: AsyncIterable<string>): Promise<void> {
    for await (const _ of orders) break;
  }

  // @ts-expect-error: no such kind
  @Method({ stream: "both" })
  wrongKind(): void {}

  // @ts-expect-error: the argument is not of the class that is named
  @Method({ input: [() => CreateOrder] })
  wrongInput(order: string): string {
    return order;
  }

  // @ts-expect-error: the second argument is not of the class that is named
  @Method({ input: [undefined, () => CreateOrder] })
  wrongSecond(_id: number, order: string): string {
    return order;
  }

  // @ts-expect-error: one object is named, and an array is taken
  @Method({ input: [() => CreateOrder] })
  array(orders: CreateOrder[]): number {
    return orders.length;
  }

  // @ts-expect-error: the answer is not of the class that is named
  @Method({ output: () => Order })
  async wrongOutput(): Promise<string> {
    return "";
  }

  // @ts-expect-error: an array is named, and one object is returned
  @Method({ output: arrayOf(() => Order) })
  one(): Order {
    return new Order();
  }

  // @ts-expect-error: a class has to be named by a function, since an import circle may not have loaded it yet
  @Method({ output: Order })
  direct(): Order {
    return new Order();
  }

  // @ts-expect-error: no such option
  @Method({ idempotant: true })
  misspelt(): void {}

  // @ts-expect-error: a static method belongs to no instance
  @Method()
  static belongsToTheClass(): void {}

  // @ts-expect-error: a field
  @Method()
  field = 1;

  // @ts-expect-error: an accessor
  @Method()
  get accessor(): number {
    return 1;
  }

  // @ts-expect-error: parentheses are missing
  @Method
  bare(): void {}
}

// @ts-expect-error: a name is text
Service(5);
