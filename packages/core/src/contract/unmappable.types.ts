import type { Readable } from "node:stream";
import type { Client } from "./client.js";
import type { Equal, Expect } from "./expect.types.js";
import type { Unmappable } from "./unmappable.js";

interface Awkward {
  find(id: string): string;
  find(id: number): number;
  three(): 1;
  three(a: string): 2;
  three(a: string, b: string): 3;
  echo<T>(value: T): T;
  named<T extends string>(value: T): number;
  unused<_T>(value: number): number;
  mixed<T>(value: T): T;
  mixed(value: number): number;
  isText(value: unknown): value is string;
  assertText(value: unknown): asserts value is string;
  sometimes(all: boolean): AsyncIterable<number> | number;
  later(all: boolean): Promise<Readable | string>;
  functions(): AsyncIterable<() => void>;
  streams(): AsyncGenerator<AsyncIterable<number>>;
  takeFunctions(all: AsyncIterable<() => void>): void;
  list(): Generator<number>;
  keys(): MapIterator<string>;
  callback(done: () => void): void;
  callbackMaybe(done?: () => void): void;
  callbacks(...all: (string | (() => void))[]): void;
  make(): () => number;
  makeLater(): Promise<typeof Date>;
  take(value: Promise<string>): void;
  tag(): symbol;
  both(done: () => void): AsyncIterable<symbol>;
  optional?<T>(value: T): T;
}
type Reason<K extends keyof Awkward> = Client<Awkward>[K] extends Unmappable<infer R> | undefined ? R : "none";

type Overloaded = "it is overloaded: give each signature a name of its own";
type Generic = "it is generic: declare the types it is called with";

export type ReasonsAreTold = [
  Expect<Equal<Client<Awkward>["find"], Unmappable<Overloaded>>>,
  Expect<Equal<Reason<"three">, Overloaded>>,
  Expect<Equal<Reason<"mixed">, Overloaded>>,
  Expect<Equal<Reason<"echo">, Generic>>,
  Expect<Equal<Reason<"named">, Generic>>,
  Expect<Equal<Reason<"unused">, Generic>>,
  Expect<Equal<Reason<"isText">, Generic>>,
  Expect<Equal<Reason<"assertText">, Generic>>,
  Expect<Equal<Reason<"optional">, Generic>>,
  Expect<Equal<Reason<"sometimes">, "it returns a stream or something else: let it always return a stream">>,
  Expect<Equal<Reason<"later">, "it returns a stream or something else: let it always return a stream">>,
  Expect<Equal<Reason<"functions">, "it streams a function, and a call carries only data">>,
  Expect<Equal<Reason<"streams">, "it streams a stream within a stream">>,
  Expect<Equal<Reason<"takeFunctions">, "it takes a stream of a function, and a call carries only data">>,
  Expect<Equal<Reason<"list">, "it returns an iterator, and a call carries only data: make it an array">>,
  Expect<Equal<Reason<"keys">, "it returns an iterator, and a call carries only data: make it an array">>,
  Expect<Equal<Reason<"callback">, "it takes a function, and a call carries only data">>,
  Expect<Equal<Reason<"callbackMaybe">, "it takes a function, and a call carries only data">>,
  Expect<Equal<Reason<"callbacks">, "it takes a function, and a call carries only data">>,
  Expect<Equal<Reason<"make">, "it returns a function, and a call carries only data">>,
  Expect<Equal<Reason<"makeLater">, "it returns a function, and a call carries only data">>,
  Expect<Equal<Reason<"take">, "it takes a promise, and a call carries only data: await it first">>,
  Expect<Equal<Reason<"tag">, "it returns a symbol, and a call carries only data">>,
  Expect<
    Equal<
      Reason<"both">,
      "it takes a function, and a call carries only data" | "it streams a symbol, and a call carries only data"
    >
  >,
];

export const calling = (awkward: Client<Awkward>): unknown[] => [
  // @ts-expect-error This expression is not callable.
  // Type 'Unmappable<"it is overloaded: give each signature a name of its own">' has no call signatures.
  awkward.find("1"),
  // @ts-expect-error This expression is not callable.
  // Type 'Unmappable<"it is generic: declare the types it is called with">' has no call signatures.
  awkward.echo(1),
  // @ts-expect-error This expression is not callable.
  // Type 'Unmappable<"it returns a stream or something else: let it always return a stream">' has no call signatures.
  awkward.sometimes(true),
  // @ts-expect-error This expression is not callable.
  // Type 'Unmappable<"it takes a function, and a call carries only data">' has no call signatures.
  awkward.callback(() => {}),
];

/** Neither type parameters of the class nor `this` make a method generic; `any` is what it was asked to be. */
class Store<T> {
  get(_id: string): T | undefined {
    return undefined;
  }
  put(value: T): void {
    this.put(value);
  }
}
interface Harmless {
  onThis(this: Date, by: number): number;
  itself(): this;
  // biome-ignore lint/suspicious/noExplicitAny: what users write
  loose(...input: any[]): any;
  unsure(value: unknown): unknown;
  arrays(values: readonly string[], map: Map<string, Set<number>>): Iterable<string>;
}
type Mapped<F> = F extends (...input: never[]) => unknown ? true : false;
export type HarmlessOnesAreMapped = [
  Expect<Equal<Client<Store<Date>>["get"], (id: string) => Promise<Date | undefined>>>,
  Expect<Equal<Client<Store<Date>>["put"], (value: Date) => Promise<void>>>,
  Expect<Equal<Client<Harmless>["onThis"], (by: number) => Promise<number>>>,
  Expect<Mapped<Client<Harmless>["itself"]>>,
  // biome-ignore lint/suspicious/noExplicitAny: what users write
  Expect<Equal<Client<Harmless>["loose"], (...input: any[]) => Promise<any>>>,
  Expect<Equal<Client<Harmless>["unsure"], (value: unknown) => Promise<unknown>>>,
  Expect<Mapped<Client<Harmless>["arrays"]>>,
];
