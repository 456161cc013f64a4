// Written by "rpc generate" from the class Everything in everything.fixture.ts: change that one, and run the command again.
import { defineService, RpcError, type ServiceDescriptor } from "@rpc/core";

/**
 * Everything at once.
 *
 * It has a second paragraph.
 */
export interface Everything {
  /** Finds one by its id. */
  find(id: string): Order | undefined;
  page(after?: string): PageOfOrder;
  /**
   * Places an order.
   * @throws {SoldOut} where there are not enough
   */
  place(order: Order, draft?: Draft): Status;
  primitives(
    a: string,
    b: number,
    c: boolean,
    d: bigint,
    e: null,
    f: undefined,
  ): string | number | boolean | bigint | null;
  literals(status: Status, one: 1 | -1, yes: true, big: 10n, path: Path): "a" | 2 | false;
  optional(first: number, second?: number, third?: string, ...rest: Line[]): number;
  spread(...pair: [first: string, second?: number]): number;
  early(first: number | undefined, second: string): number;
  enums(zone: Zone, size: Size): { zone: Zone; size: Size };
  containers(
    map: ReadonlyMap<string, Set<Line>>,
    set: ReadonlySet<Cents>,
    list: readonly (string | null)[][],
    tuple: readonly [Date, ...Order[]],
  ): { a: Map<number, Date[]>; b: Map<number, Date[]> };
  bytes(a: Uint8Array, b: ArrayBuffer, c: Float64Array): DataView;
  json(value: Json, anything: any, whatever: unknown, thing: object): Json;
  change(change: Change, part: Pick<Line, "sku" | "count">): NamedOfLine | undefined;
  pages(page: PageOfPageOfLine): PageOfString;
  inferred(count: number): { count: number; at: Date; nested: { ok: boolean }[] };
  keyed(user: Entity, region?: string): MaybeOfLine;
  utilities(
    line: Partial<Line>,
    order: { readonly id: string; readonly status: Status },
    part: Pick<Line, "sku">,
    rest: Omit<Line, "sku" | "count">,
    ...all: Required<Line>[]
  ): Readonly<Line> | undefined;
  rights(rights: Right): Right;
  latency(): LatencyStats | undefined;
  hidden(value: { readonly name: string }): { name: string };
  upload(name: string, body: AsyncIterable<Uint8Array>): number;
  paste(body: AsyncIterable<Uint8Array>): Uint8Array;
  nothing(): void;
  fails(): never;
  failure(): Error;
  money(currency: string): Money;
  wallets(): Wallet[];
  prices(): Map<string, number>;
  watch(status: Status): AsyncIterable<Order>;
  collect(name: string, lines: AsyncIterable<Line>): Cents;
  convert(lines: AsyncIterable<Line>): AsyncIterable<Change>;
}

export interface Order {
  [key: `x-${string}`]: unknown;
  lines: readonly Line[];
  status: Status;
  at: Date;
  replaces?: Order;
  tags: Set<string>;
  parts: Map<string, Line[]>;
  photo?: Uint8Array;
  total: bigint;
  position: [x: number, y: number, label?: string];
  extra: { [key: string]: unknown };
  readonly id: string;
}

/** A line of an order. */
export interface Line {
  sku: string;
  /** How many. */
  count: number;
  price?: Cents;
  note: string | null;
  "gift-wrap"?: boolean | undefined;
  readonly id: string;
}

/** What a thing costs, in whole cents. */
export type Cents = number;

export type Status = "new" | "paid" | "sent";

export interface PageOfOrder {
  items: Order[];
  next?: string;
}

export type Draft = {
  readonly id?: string;
  lines?: readonly Line[];
  status?: Status;
  at?: Date;
  tags?: Set<string>;
  parts?: Map<string, Line[]>;
  photo?: Uint8Array;
  total?: bigint;
  position?: [x: number, y: number, label?: string];
  extra?: { [key: string]: unknown };
} & { owner: string };

export type Path = `/${string}`;

/** Where it goes. */
export const Zone = {
  /** Within the country. */
  home: "home",
  abroad: "abroad",
} as const;
export type Zone = (typeof Zone)[keyof typeof Zone];

export const Size = {
  small: 0,
  large: 10,
} as const;
export type Size = (typeof Size)[keyof typeof Size];

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export type Change = { kind: "added"; line: Line } | { kind: "removed"; sku: string };

export type NamedOfLine = {
  readonly id: string;
  readonly sku: string;
  /** How many. */
  readonly count: number;
  readonly price?: number;
  readonly note: string | null;
  readonly "gift-wrap"?: boolean | undefined;
};

export interface PageOfPageOfLine {
  items: PageOfLine[];
  next?: string;
}

export interface PageOfLine {
  items: Line[];
  next?: string;
}

export interface PageOfString {
  items: string[];
  next?: string;
}

export interface Entity {
  readonly id: string;
}

export type MaybeOfLine = Line | null | undefined;

/** To be combined. */
export const Right = {
  read: 1,
  write: 2,
} as const;
export type Right = number;

/**
 * How long answers took. `Histogram.fromJSON` makes a histogram of it, which can be merged with those of other processes.
 */
export interface LatencyStats {
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** How many values were recorded. */
  readonly count: number;
  /** The longest of them, in ms, to a µs. */
  readonly longestMs: number;
  /** Number of a bucket and how many values are in it, in order, without the empty ones. */
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/** A class: what travels of it are its fields. */
export interface Money {
  cents: number;
  readonly currency: string;
  /** When it was counted. */
  counted?: Date;
}

export interface Wallet {
  owner: string;
  money: Money[];
}

/** Nothing of it is left. */
export class SoldOut extends RpcError {
  static override readonly reason = "SOLD_OUT";
  declare readonly details: { readonly sku: string; readonly left: number };
}

/** What `createClient`, `@InjectClient` and a connector's `client` want. */
export const EverythingService: ServiceDescriptor<Everything> = defineService<Everything>("shop.everything", {
  find: { idempotent: true, schemaHash: "c10d98cce43bce08" },
  page: { schemaHash: "3cb835fdacce3e94" },
  place: {
    idempotent: true,
    timeoutMs: 300_000,
    failMode: "failfast",
    alias: ["put", "set"],
    schemaHash: "204a376b64cad7c8",
  },
  primitives: { schemaHash: "c4f7cb35123da0d2" },
  literals: { schemaHash: "3eac56ee7cc4eb23" },
  optional: { schemaHash: "2309f4f2a55e6d24" },
  spread: { schemaHash: "51ec6af55df4b26b" },
  early: { schemaHash: "ee8b8f6634452241" },
  enums: { schemaHash: "6dd71a58e86f2136" },
  containers: { schemaHash: "47ec91ebe7cc183c" },
  bytes: { schemaHash: "55bf44dd7213115d" },
  json: { schemaHash: "684c8821014e5e15" },
  change: { schemaHash: "68b3b7fc27d865bd" },
  pages: { schemaHash: "f42ee2c19f0b1227" },
  inferred: { schemaHash: "7243e9357926866e" },
  keyed: {
    key: (user: Entity, region: string | undefined) => `${region ?? "eu"}/${user.id}`,
    schemaHash: "2b1d364c9658fd4f",
  },
  utilities: { schemaHash: "528a72d8d0157296" },
  rights: { schemaHash: "a7b6902bbc048b95" },
  latency: { schemaHash: "617c571cb2e6bedb" },
  hidden: { schemaHash: "e7992b4d6bae5c36" },
  upload: { stream: "client", schemaHash: "f652ef0976c4ce9a" },
  paste: { stream: "client", schemaHash: "56a0d1a51a9a2b36" },
  nothing: { schemaHash: "a146fc885a53bea3" },
  fails: { schemaHash: "74f192c39fc09c45" },
  failure: { schemaHash: "86aa384bd996916d" },
  money: { schemaHash: "d593db7c8642a868" },
  wallets: { schemaHash: "2ee2c10110dc3d26" },
  prices: { schemaHash: "747aa28150165b28" },
  watch: { stream: "server", schemaHash: "2f0aa99737c5f429" },
  collect: { stream: "client", schemaHash: "41c8e8cd3eb836e9" },
  convert: { stream: "duplex", schemaHash: "ac9bc9e92dbcfb17" },
});
