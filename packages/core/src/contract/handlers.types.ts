import type { Client } from "./client.js";
import type { Equal, Expect } from "./expect.types.js";
import type { Handlers, MethodTable } from "./handlers.js";
import type { Binding, ServiceDescriptor, UnaryOptions } from "./method.js";

declare function defineService<T>(name: string, methods: MethodTable<T>): ServiceDescriptor<T>;
declare function bind<T>(service: ServiceDescriptor<T>, handlers: Handlers<T>): Binding;
declare function createClient<T>(service: ServiceDescriptor<T>): Client<T>;

class Order {
  id = "";
  lines: string[] = [];
  total(): number {
    return this.lines.length;
  }
}
interface Shop {
  price(sku: string, count?: number): number;
  find(id: string): Promise<Order | undefined>;
  place(order: Order): Order;
  record(event: string): void;
  flush(): Promise<void>;
  optional?(a: number): number;
  watch?<T>(value: T): T;
}

const ShopService = defineService<Shop>("Shop", {
  price: { idempotent: true, timeoutMs: 100 },
  find: {},
  place: {},
  record: {},
  flush: {},
});

export type ADescriptorInfersItsService = [
  Expect<Equal<typeof ShopService, ServiceDescriptor<Shop>>>,
  Expect<Equal<ReturnType<typeof shopClient.price>, Promise<number>>>,
];
export const shopClient = createClient(ShopService);

export const tables = [
  defineService<Shop>("Shop", { price: {}, find: {}, place: {}, record: {}, flush: {}, optional: { timeoutMs: 5 } }),
  defineService<Pick<Shop, "price">>("Shop", { price: {} }),
  defineService<Record<string, (...input: unknown[]) => unknown>>("Any", Object.fromEntries([["what", {}]])),
  // @ts-expect-error Property 'flush' is missing in type '{ price: {}; ... }' but required in type 'OptionsOf<Shop, "price" | ...>'.
  defineService<Shop>("Shop", { price: {}, find: {}, place: {}, record: {} }),
  // @ts-expect-error Object literal may only specify known properties, and 'add' does not exist in type 'OptionsOf<Pick<Shop, "price">, "price">'.
  defineService<Pick<Shop, "price">>("Shop", { price: {}, add: {} }),
  // @ts-expect-error Object literal may only specify known properties, but 'idempotemt' does not exist in type 'UnaryOptions'. Did you mean to write 'idempotent'?
  defineService<Pick<Shop, "price">>("Shop", { price: { idempotemt: true } }),
  // @ts-expect-error Property 'unmappable' is missing in type '{}' but required in type 'Unmappable<"it is generic: declare the types it is called with">'.
  defineService<Shop>("Shop", { price: {}, find: {}, place: {}, record: {}, flush: {}, watch: {} }),
  // @ts-expect-error Property 'unmappable' is missing in type '{}' but required in type 'Unmappable<"its service's type was not given, or has no methods: defineService<Type>(...)">'.
  defineService("Shop", { price: {} }),
];
export type TablesNameEveryMethod = [
  Expect<
    Equal<MethodTable<Pick<Shop, "price" | "find">>, { readonly price: UnaryOptions; readonly find: UnaryOptions }>
  >,
  Expect<Equal<keyof Handlers<Shop>, "price" | "find" | "place" | "record" | "flush" | "optional">>,
];

/** A class with members of its own, private ones too; its parameters are classes, and one result is a promise of a promise. */
class ShopOfClass implements Shop {
  #stock = 1;
  private readonly orders = new Map<string, Order>();
  constructor(readonly title: string) {}
  price(sku: string, count = 1): number {
    return this.#stock * sku.length * count;
  }
  find(id: string): Promise<Order | undefined> {
    return Promise.resolve(this.orders.get(id));
  }
  place(order: Order): Order {
    return order;
  }
  record(): void {}
  async flush(): Promise<void> {}
  extra(): void {}
  generic<T>(value: T): T {
    return value;
  }
}
class Twice {
  declare nested: () => Promise<Promise<Order>>;
}
declare const twice: ServiceDescriptor<Twice>;

export const bindings = [
  bind(ShopService, new ShopOfClass("a")),
  bind(twice, new Twice()),
  // Values where the service says promises, promises where it says values, plain data where it says a class; parameters inferred.
  bind(ShopService, {
    price: async (sku, count) => sku.length * (count ?? 1),
    find: (id) => ({ id, lines: [] }),
    place: async (order) => ({ id: order.id, lines: [...order.lines] }),
    record: (event) => event.length,
    flush: () => {},
  }),
  bind(ShopService, { price: () => 1, find: async () => undefined, place: (o) => o, record() {}, async flush() {} }),
  bind(ShopService, {
    price: () => {
      throw new Error("none");
    },
    find: (): never => {
      throw new Error("none");
    },
    place: (order: Order) => order, // takes what the service names, though plain data may come
    record: async () => {},
    flush: () => Promise.resolve(3),
    optional: (a) => a,
  }),
  // @ts-expect-error Property 'flush' is missing in type '{ price: () => number; ... }' but required in type 'Handlers<Shop>'.
  bind(ShopService, { price: () => 1, find: async () => undefined, place: (o) => o, record() {} }),
  // @ts-expect-error Property 'flush' is missing in type 'Omit<ShopOfClass, "flush">' but required in type 'Handlers<Shop>'.
  bind(ShopService, new ShopOfClass("a") as Omit<ShopOfClass, "flush">),
  bind(defineService<Pick<Shop, "price" | "find" | "place">>("Shop", { price: {}, find: {}, place: {} }), {
    // @ts-expect-error Type 'string' is not assignable to type 'number | Promise<number>'.
    price: () => "1",
    // @ts-expect-error Type '(id: number) => Promise<undefined>' is not assignable ... Type 'string' is not assignable to type 'number'.
    find: async (id: number) => void id,
    // @ts-expect-error Property 'total' does not exist on type 'Shape<Order> | Order'.
    place: (order) => ({ id: "", lines: [], total: order.total() }),
  }),
  bind(defineService<Pick<Shop, "price">>("Shop", { price: {} }), {
    price: () => 1,
    // @ts-expect-error Object literal may only specify known properties, but 'prize' does not exist in type 'Handlers<Pick<Shop, "price">>'. Did you mean to write 'price'?
    prize: () => 1,
  }),
];

/** Descriptors of more than is wanted do, those of less do not. */
export const narrower: ServiceDescriptor<Pick<Shop, "price">> = ShopService;
// @ts-expect-error Type 'ServiceDescriptor<Pick<Shop, "price">>' is not assignable to type 'ServiceDescriptor<Shop>'.
export const wider: ServiceDescriptor<Shop> = narrower;
export const anyService: ServiceDescriptor = ShopService;
