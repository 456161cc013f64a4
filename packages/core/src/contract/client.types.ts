import type { Client, ClientWith, MethodNames, Oneway, ServiceOf } from "./client.js";
import type { Equal, Expect } from "./expect.types.js";
import type { ServiceDescriptor } from "./method.js";
import type { Shape } from "./plain.js";

class Order {
  id = "";
  lines: string[] = [];
  total(): number {
    return this.lines.length;
  }
}
interface OrderData {
  id: string;
  lines: string[];
}

class Shop {
  static open(): void {}
  readonly title = "shop";
  // biome-ignore lint/suspicious/noExplicitAny: a field of any is no method
  untyped: any;
  #secret = 1;
  constructor(private readonly rate: number) {}
  price(sku: string, count?: number): number {
    return this.#secret * this.rate * this.hidden(sku) * (count ?? 1);
  }
  find(...ids: string[]): Promise<string[]> {
    return Promise.resolve(ids);
  }
  tagged(tag: string, ...ids: [first: string, ...rest: string[]]): string {
    return tag + ids.join();
  }
  place(order: Order, by: Map<string, Order>): Promise<Order> {
    return Promise.resolve(by.get(order.id) ?? order);
  }
  either(flag: boolean): Order | Promise<Order[] | undefined> {
    return flag ? new Order() : Promise.resolve(undefined);
  }
  declare nested: () => Promise<Promise<Order>>;
  nothing(): void {}
  async later(): Promise<void> {}
  fails(): never {
    throw new Error("always");
  }
  arrow = (at: Date): Date => at;
  optional?(a: number): number;
  private hidden(sku: string): number {
    return sku.length;
  }
  protected guarded(): void {}
  // biome-ignore lint/suspicious/noThenProperty: what a client must not take over
  then(): void {}
  catch(): void {}
  finally(): void {}
  toString(): string {
    return "";
  }
  toJSON(): string {
    return "";
  }
  valueOf(): number {
    return 0;
  }
}

type ShopNames =
  | "price"
  | "find"
  | "tagged"
  | "place"
  | "either"
  | "nested"
  | "nothing"
  | "later"
  | "fails"
  | "arrow"
  | "optional";

export type NamesAreThePublicMethods = [
  Expect<Equal<MethodNames<Shop>, ShopNames>>,
  Expect<Equal<keyof Client<Shop>, ShopNames>>,
  Expect<Equal<MethodNames<{ add(a: number): number; size: number; make: typeof Order }>, "add">>,
  Expect<Equal<MethodNames<{ constructor(): void; then(): void; __proto__(): void; hasOwnProperty(): void }>, never>>,
  Expect<Equal<MethodNames<{ no?: undefined; never: never; empty: null; maybe: (() => void) | string }>, never>>,
  Expect<Equal<MethodNames<unknown>, never>>,
];

type Of<K extends ShopNames> = Client<Shop>[K];
export type MethodsAreMapped = [
  Expect<Equal<Of<"price">, (sku: string, count?: number) => Promise<number>>>,
  Expect<Equal<Of<"find">, (...ids: string[]) => Promise<string[]>>>,
  Expect<Equal<Of<"tagged">, (tag: string, first: string, ...rest: string[]) => Promise<string>>>,
  Expect<
    Equal<
      Of<"place">,
      (order: Order | OrderData, by: Map<string, Order> | Map<string, OrderData>) => Promise<OrderData>
    >
  >,
  Expect<Equal<Of<"either">, (flag: boolean) => Promise<OrderData | OrderData[] | undefined>>>,
  Expect<Equal<Of<"nested">, () => Promise<OrderData>>>,
  Expect<Equal<Of<"nothing">, () => Promise<void>>>,
  Expect<Equal<Of<"later">, () => Promise<void>>>,
  Expect<Equal<Of<"fails">, () => Promise<never>>>,
  Expect<Equal<Of<"arrow">, (at: Date) => Promise<Date>>>,
  Expect<Equal<Of<"optional">, ((a: number) => Promise<number>) | undefined>>,
];

/** Names of parameters are what an editor shows; the compiler keeps them with the list. */
export type ParametersKeepTheirNames = [
  Expect<Equal<Parameters<Of<"price">>, [sku: string, count?: number | undefined]>>,
  Expect<Equal<Parameters<Of<"tagged">>, [tag: string, first: string, ...rest: string[]]>>,
];

interface Arith {
  add(a: number, b: number): number;
  readonly sub: (a: number, b: number) => Promise<number>;
}
const arith = { add: (a: number, b: number) => a + b, sub: async (a: number, b: number) => a - b, size: 2 };
abstract class AbstractArith {
  abstract add(a: number, b: number): number;
  sub = (a: number, b: number): number => a - b;
}
type ArithClient = {
  readonly add: (a: number, b: number) => Promise<number>;
  readonly sub: (a: number, b: number) => Promise<number>;
};
export type ClassesInterfacesLiteralsAndObjectsWork = [
  Expect<Equal<Client<Arith>, ArithClient>>,
  Expect<Equal<Client<{ add(a: number, b: number): number; sub(a: number, b: number): number }>, ArithClient>>,
  Expect<Equal<Client<typeof arith>, ArithClient>>,
  Expect<Equal<Client<AbstractArith>, ArithClient>>,
  Expect<Equal<Client<Pick<Shop, "later">>, { readonly later: () => Promise<void> }>>,
  Expect<Equal<Client<Arith & { neg(a: number): number }>["neg"], (a: number) => Promise<number>>>,
  Expect<Equal<keyof Client<unknown>, never>>,
  // biome-ignore lint/suspicious/noExplicitAny: what users write
  Expect<Equal<keyof Client<any>, never>>,
];

export type AwaitingAClientIsTheClient = [
  Expect<Equal<Awaited<Client<Shop>>, Client<Shop>>>,
  Expect<Equal<Awaited<Client<{ [name: string]: () => void }>>, Client<{ [name: string]: () => void }>>>,
  Expect<"then" extends keyof Client<Shop> ? false : true>,
];

type Reviving = ClientWith<Shop, Order>;
export type NamedClassesArrive = [
  Expect<Equal<ReturnType<Reviving["place"]>, Promise<Order>>>,
  Expect<Equal<ReturnType<Reviving["either"]>, Promise<Order | Order[] | undefined>>>,
  Expect<Equal<Reviving["price"], Of<"price">>>,
];

export type ADescriptorKnowsItsService = [
  Expect<Equal<ServiceOf<ServiceDescriptor<Shop>>, Shop>>,
  Expect<Equal<ServiceOf<string>, never>>,
];

export type OnewayReturnsNothing = [
  Expect<Equal<Oneway<ArithClient>["add"], (a: number, b: number) => Promise<void>>>,
  Expect<Equal<Oneway<Client<Shop>>["find"], (...ids: string[]) => Promise<void>>>,
  Expect<Equal<Oneway<Client<Shop>>["optional"], ((a: number) => Promise<void>) | undefined>>,
  Expect<Equal<Parameters<Oneway<Client<Shop>>["price"]>, [sku: string, count?: number | undefined]>>,
  Expect<Equal<keyof Oneway<Client<Shop>>, ShopNames>>,
  Expect<Equal<Oneway<Reviving>["place"], (...input: Parameters<Of<"place">>) => Promise<void>>>,
  Expect<Equal<Awaited<Oneway<Client<Shop>>>, Oneway<Client<Shop>>>>,
];

declare function createClient<T>(service: ServiceDescriptor<T>): Client<T>;
declare function withOptions<C extends object>(client: C, options: { timeoutMs: number }): C;
export const asPrinted = async (descriptor: ServiceDescriptor<Shop>): Promise<unknown> => {
  const shop: Client<Shop> = withOptions(createClient(descriptor), { timeoutMs: 50 });
  const same: Client<Shop> = await shop;
  const price: number = await same.price("a");
  const placed: Shape<Order> = await shop.place(new Order(), new Map());
  await shop.place({ id: "1", lines: [] }, new Map([["1", placed]]));
  // @ts-expect-error Property 'total' does not exist on type 'Shape<Order>'.
  placed.total();
  // @ts-expect-error Property 'total' is missing in type 'Shape<Order>' but required in type 'Order'.
  const whole: Order = placed;
  // @ts-expect-error Expected 1-2 arguments, but got 0.
  shop.price();
  // @ts-expect-error Argument of type 'number' is not assignable to parameter of type 'string'.
  shop.price(price);
  // @ts-expect-error Property 'hidden' does not exist on type 'Client<Shop>'.
  shop.hidden("a");
  // @ts-expect-error Property 'then' does not exist on type 'Client<Shop>'.
  shop.then();
  // @ts-expect-error Cannot assign to 'price' because it is a read-only property.
  shop.price = same.price;
  // @ts-expect-error Cannot invoke an object which is possibly 'undefined'.
  shop.optional(1);
  // @ts-expect-error Type 'number' is not assignable to type 'string'.
  shop.place({ id: 1, lines: [] }, new Map());
  return whole;
};

/** Two services that call each other, with nothing but inference for their results. */
class Prices {
  constructor(
    private readonly stock: Client<Stock>,
    private readonly self: Client<Prices>,
  ) {}
  base() {
    return 3;
  }
  async of(sku: string) {
    return (await this.stock.count(sku)) * (await this.self.base());
  }
}
class Stock {
  constructor(private readonly prices: Client<Prices>) {}
  async count(sku: string) {
    return sku.length;
  }
  async worth(sku: string) {
    return (await this.prices.of(sku)) * (await this.count(sku));
  }
}
export type ResultsMayBeInferredInCircles = [
  Expect<Equal<Client<Stock>["worth"], (sku: string) => Promise<number>>>,
  Expect<Equal<Client<Prices>["of"], (sku: string) => Promise<number>>>,
];

/** In generic code, where nothing is known of the service yet. */
export async function passOn<T extends Arith>(client: Client<T>): Promise<Client<T>> {
  return await client;
}
