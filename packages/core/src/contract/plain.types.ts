import type { Equal, Expect } from "./expect.types.js";
import type { Input, Plain, Shape } from "./plain.js";

declare const brand: unique symbol;

interface Line {
  sku: string;
  count: number;
  readonly at: Date;
}
class Order {
  id = "";
  readonly lines: Line[] = [];
  note?: string;
  replaces?: Order;
  #hidden = 1;
  private secret = 2;
  protected inner = 3;
  onChange?: () => void;
  declare tag: symbol;
  readonly [brand] = true;
  get total(): number {
    return this.#hidden + this.secret + this.inner;
  }
  cancel(): void {}
  static made = 0;
}
interface OrderData {
  id: string;
  readonly lines: Line[];
  note?: string;
  replaces?: OrderData;
  readonly total: number; // a getter looks like a field: types cannot tell
}
class Dto {
  id = "";
  lines: Line[] = [];
}
enum Size {
  small,
  large,
}
enum Colour {
  red = "red",
  blue = "blue",
}
type Empty = Record<never, never>;
type Id = string & { readonly __brand: "Id" };
type Change = { kind: "added"; line: Line; gone?: never } | { kind: "removed"; sku: string; line?: undefined };

export type WhatIsPlainStays = [
  Expect<Equal<Plain<string>, string>>,
  Expect<Equal<Plain<1 | "a" | true | 2n | null | undefined>, 1 | "a" | true | 2n | null | undefined>>,
  Expect<Equal<Plain<`x-${string}`>, `x-${string}`>>,
  Expect<Equal<Plain<boolean>, boolean>>,
  Expect<Equal<Plain<bigint>, bigint>>,
  Expect<Equal<Plain<Size>, Size>>,
  Expect<Equal<Plain<Colour.red | undefined>, Colour.red | undefined>>,
  Expect<Equal<Plain<Id>, Id>>,
  Expect<Equal<Plain<{ id: Id; size: Size }>, { id: Id; size: Size }>>,
  Expect<Equal<Plain<Date>, Date>>,
  Expect<Equal<Plain<Error>, Error>>,
  Expect<Equal<Plain<Uint8Array>, Uint8Array>>,
  Expect<Equal<Plain<Buffer>, Buffer>>,
  Expect<Equal<Plain<Float64Array | DataView | BigInt64Array>, Float64Array | DataView | BigInt64Array>>,
  Expect<Equal<Plain<Line>, Line>>,
  Expect<Equal<Plain<Dto>, Dto>>,
  Expect<Equal<Plain<Change>, Change>>,
  Expect<Equal<Plain<object>, object>>,
  Expect<Equal<Plain<Empty>, Empty>>,
  Expect<Equal<Plain<Record<string, unknown>>, Record<string, unknown>>>,
  Expect<Equal<Plain<Record<"a" | "b", Line>>, Record<"a" | "b", Line>>>,
  Expect<Equal<Plain<{ [id: string]: Line }>, { [id: string]: Line }>>,
  Expect<Equal<Plain<{ [index: number]: Line }>, { [index: number]: Line }>>,
  Expect<Equal<Plain<Partial<Line> & { extra: Date }>, Partial<Line> & { extra: Date }>>,
  Expect<Equal<Plain<Line[][]>, Line[][]>>,
  Expect<Equal<Plain<readonly string[]>, readonly string[]>>,
  Expect<Equal<Plain<Map<string, Set<Line>>>, Map<string, Set<Line>>>>,
  Expect<Equal<Plain<ReadonlyMap<Line, ReadonlySet<bigint>>>, ReadonlyMap<Line, ReadonlySet<bigint>>>>,
];

export type TopAndBottomStay = [
  // biome-ignore lint/suspicious/noExplicitAny: what users write
  Expect<Equal<Plain<any>, any>>,
  Expect<Equal<Plain<unknown>, unknown>>,
  Expect<Equal<Plain<never>, never>>,
  Expect<Equal<Plain<void>, void>>,
  // biome-ignore lint/suspicious/noExplicitAny: what users write
  Expect<Equal<Plain<{ a: any; b: unknown; c: never }>, { a: any; b: unknown; c: never }>>,
  // biome-ignore lint/suspicious/noExplicitAny: and it does not hide what stands beside it
  Expect<Equal<Plain<{ a: any; b: unknown; order: Order }>, { a: any; b: unknown; order: OrderData }>>,
];

export type BehaviourGoes = [
  Expect<Equal<Plain<Order>, OrderData>>,
  Expect<Equal<Shape<Order>, OrderData>>,
  Expect<Equal<Plain<{ deep: { order: Order }[] }>, { deep: { order: OrderData }[] }>>,
  Expect<Equal<Plain<Order | Line | null>, OrderData | Line | null>>,
  Expect<Equal<Plain<Order[]>, OrderData[]>>,
  Expect<Equal<Plain<readonly Order[]>, readonly OrderData[]>>,
  Expect<Equal<Plain<Map<string, Order>>, Map<string, OrderData>>>,
  Expect<Equal<Plain<ReadonlyMap<Order, string>>, ReadonlyMap<OrderData, string>>>,
  Expect<Equal<Plain<Set<Order>>, Set<OrderData>>>,
  Expect<Equal<Plain<ReadonlySet<Order>>, ReadonlySet<OrderData>>>,
  Expect<Equal<Plain<{ [id: string]: Order }>, { [id: string]: OrderData }>>,
  Expect<Equal<Plain<{ first: Order; [id: string]: unknown }>, { first: OrderData; [id: string]: unknown }>>,
  Expect<Equal<Plain<{ run(): void; name: string }>, { name: string }>>,
  Expect<Equal<Plain<{ run?: () => void; make?: typeof Order; name: string }>, { name: string }>>,
  Expect<Equal<Plain<{ text: string | (() => string) }>, { text: string }>>,
  Expect<Equal<Plain<{ maybe: (() => void) | null }>, { maybe: null }>>,
  Expect<Equal<Plain<{ id: symbol; name: string }>, { name: string }>>,
  Expect<Equal<Plain<{ readonly [brand]: 1; name: string }>, { name: string }>>,
  Expect<Equal<Plain<() => void>, never>>,
  Expect<Equal<Plain<symbol>, never>>,
  Expect<Equal<Plain<(string | (() => void))[]>, string[]>>,
  Expect<Equal<Plain<{ later: Promise<string>; name: string }>, { later: never; name: string }>>,
  Expect<Equal<Plain<{ pattern: RegExp }>, { pattern: never }>>,
];

class Failure extends Error {
  retry(): void {}
}
class Prices extends Map<string, number> {
  cheapest(): number {
    return Math.min(...this.values());
  }
}
class Money {
  #cents = 1;
  private readonly unit = "EUR";
  show(): string {
    return `${this.#cents} ${this.unit}`;
  }
}
/** Without methods, but no other type can be assigned to it: a caller could not write one down. */
class Sealed {
  private readonly key = 1;
  name = "x";
  static open(sealed: Sealed): number {
    return sealed.key;
  }
}

export type ClassesBecomeWhatTheyAreMadeOf = [
  Expect<Equal<Plain<Failure>, Error>>,
  Expect<Equal<Plain<{ failure: Failure }>, { failure: Error }>>,
  Expect<Equal<Plain<{ name: string; message: string; ok(): void }>, { name: string; message: string }>>,
  Expect<Equal<Plain<Prices>, Map<string, number>>>,
  Expect<Equal<Plain<RegExpMatchArray>, string[]>>,
  Expect<Equal<Plain<ArrayBuffer>, Uint8Array>>,
  Expect<Equal<Plain<Money>, Empty>>,
  Expect<Equal<Plain<Sealed>, { name: string }>>,
  Expect<Equal<Plain<Sealed[]>, { name: string }[]>>,
];

export type TuplesKeepTheirForm = [
  Expect<Equal<Plain<[order: Order, note?: string, ...more: Line[]]>, [OrderData, string?, ...Line[]]>>,
  Expect<Equal<Plain<readonly [Order, Line]>, readonly [OrderData, Line]>>,
  Expect<Equal<Plain<[]>, []>>,
  Expect<Equal<Plain<{ at: [Date, Order] }>, { at: [Date, OrderData] }>>,
  Expect<Equal<Plain<[unknown, Order]>, [unknown, OrderData]>>,
  Expect<Equal<Input<[order: Order, count?: number, ...rest: string[]]>, [Order | OrderData, number?, ...string[]]>>,
];

export type OptionalAndReadonlyStay = [
  Expect<Equal<Plain<{ a?: Order; b: Order | undefined }>, { a?: OrderData; b: OrderData | undefined }>>,
  Expect<Equal<Plain<{ readonly a: Order; readonly b?: 1 }>, { readonly a: OrderData; readonly b?: 1 }>>,
];

class Node {
  value = 1;
  left?: Node;
  kids: Node[] = [];
  walk(): void {}
}
interface NodeData {
  value: number;
  left?: NodeData;
  kids: NodeData[];
}
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type Expression = ["add" | "mul", Expression, Expression] | number;
type Nested = Map<string, Nested> | Set<Nested> | string;
interface Growing<T> {
  value: T;
  next?: Growing<T[]>;
}

export type TypesMayContainThemselves = [
  Expect<Equal<Plain<NodeData>, NodeData>>,
  Expect<Equal<Plain<Node>, NodeData>>,
  Expect<Equal<Plain<Node>["kids"][0]["left"], NodeData | undefined>>,
  Expect<Equal<Plain<Json>, Json>>,
  Expect<Equal<Plain<{ json: Json; order: Order }>, { json: Json; order: OrderData }>>,
  Expect<Equal<Plain<Expression>, Expression>>,
  Expect<Equal<Plain<Nested>, Nested>>,
  Expect<Equal<Plain<Growing<string>>, Growing<string>>>,
];

interface Catalogue {
  orders: Order[];
  size: Size;
  money: Money;
}
export type NamedClassesStay = [
  Expect<Equal<Plain<Order, Order>, Order>>,
  Expect<Equal<Plain<{ orders: Order[]; node: Node }, Order>, { orders: Order[]; node: NodeData }>>,
  Expect<Equal<Plain<Map<string, Order | Node>, Order | Node>, Map<string, Order | Node>>>,
  Expect<Equal<Plain<Catalogue, Order>, { orders: Order[]; size: Size; money: Empty }>>,
  Expect<Equal<Plain<Catalogue, Order | Money>, Catalogue>>,
];

/** What is plain data of a class is accepted where the class is declared, and the class itself. */
export const accepted: Input<[Order, Map<string, Order>]>[] = [
  [new Order(), new Map([["a", new Order()]])],
  [{ id: "1", lines: [], total: 3 }, new Map([["a", { id: "1", lines: [], total: 3 }]])],
];

// @ts-expect-error Property 'total' is missing in type '{ id: string; lines: never[]; }' but required in type 'Shape<Order>'.
export const incomplete: Plain<Order> = { id: "1", lines: [] };

export const cancelling = (order: Plain<Order>): void =>
  // @ts-expect-error Property 'cancel' does not exist on type 'Shape<Order>'.
  order.cancel();
