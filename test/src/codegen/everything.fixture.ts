/** A service with every type that a client can be written of: the types beside it show that clients of both are alike. */
import type { Readable } from "node:stream";
import { type LatencyStats, RpcError } from "@rpc/core";
import { Method, Service } from "@rpc/decorators";

/** What a thing costs, in whole cents. */
export type Cents = number;
export type Status = "new" | "paid" | "sent";
export type Path = `/${string}`;
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Where it goes. */
export enum Zone {
  /** Within the country. */
  home = "home",
  abroad = "abroad",
}

export enum Size {
  small,
  large = 10,
}

/** To be combined. */
export enum Right {
  read = 1 << 0,
  write = 1 << 1,
}

export interface Entity {
  readonly id: string;
}

/** A line of an order. */
export interface Line extends Entity {
  sku: string;
  /** How many. */
  count: number;
  price?: Cents;
  note: string | null;
  "gift-wrap"?: boolean | undefined;
}

export interface Order extends Entity {
  lines: readonly Line[];
  status: Status;
  at: Date;
  replaces?: Order;
  tags: Set<string>;
  parts: Map<string, Line[]>;
  photo?: Uint8Array;
  total: bigint;
  position: [x: number, y: number, label?: string];
  extra: Record<string, unknown>;
  [key: `x-${string}`]: unknown;
}

export interface Page<T> {
  items: T[];
  next?: string;
}

export type Change = { kind: "added"; line: Line } | { kind: "removed"; sku: string };
export type Draft = Partial<Omit<Order, "replaces" | `x-${string}`>> & { owner: string };
export type Maybe<T> = T | null | undefined;
export type Named<T> = { readonly [K in keyof T]: T[K] };

/** A class: what travels of it are its fields. */
export class Money {
  constructor(
    public cents: Cents,
    readonly currency: string = "EUR",
  ) {}
  #cache = "";
  private readonly secret = 1;
  /** When it was counted. */
  counted?: Date;
  onChange?: () => void;
  static zero = new Money(0);

  show(): string {
    this.#cache ||= `${this.cents / this.secret}`;
    return this.#cache;
  }
}

export class Wallet {
  owner = "";
  money: Money[] = [];
}

class Prices extends Map<string, number> {}

/** Nothing of it is left. */
export class SoldOut extends RpcError {
  static override readonly reason = "SOLD_OUT";
  declare readonly details: { readonly sku: string; readonly left: number };

  constructor(sku: string, left: number) {
    super("failed_precondition", `only ${left} of ${sku}`, { details: { sku, left } });
  }
}

const minute = 60_000;
const defaults = { idempotent: true, timeoutMs: 5 * minute } as const;

abstract class Store<T extends Entity> {
  protected readonly all = new Map<string, T>();

  /** Finds one by its id. */
  @Method({ idempotent: true })
  find(id: string): T | undefined {
    return this.all.get(id);
  }

  @Method()
  page(after?: string): Page<T> {
    return { items: [...this.all.values()], ...(after === undefined ? {} : { next: after }) };
  }
}

/**
 * Everything at once.
 *
 * It has a second paragraph.
 */
@Service({ name: "shop.everything", alias: "everything" })
export class Everything extends Store<Order> {
  /**
   * Places an order.
   * @throws {SoldOut} where there are not enough
   */
  @Method({ ...defaults, failMode: "failfast", alias: ["put", "set"] })
  async place(order: Order, { owner }: Draft = { owner: "" }): Promise<Status> {
    if (owner === "nobody") throw new SoldOut(order.id, 0);
    this.all.set(order.id, order);
    return order.status;
  }

  override page(after?: string): Page<Order> {
    return super.page(after);
  }

  @Method({ input: [] })
  primitives(
    a: string,
    b: number,
    c: boolean,
    d: bigint,
    e: null,
    f: undefined,
  ): string | number | boolean | bigint | null {
    return [a, b, c, d, e, f].length > 1 ? a : null;
  }

  @Method()
  literals(status: Status, one: 1 | -1, yes: true, big: 10n, path: Path): "a" | 2 | false {
    return status === "new" && one === 1 && yes && big === 10n && path === "/" ? "a" : 2;
  }

  @Method()
  optional(first: number, second = 2, third?: string, ...rest: Line[]): number {
    return first + second + (third?.length ?? 0) + rest.length;
  }

  @Method()
  spread(...pair: [first: string, second?: number]): number {
    return pair.length;
  }

  @Method()
  early(first = 1, second: string): number {
    return first + second.length;
  }

  @Method()
  enums(zone: Zone, size: Size): { zone: Zone; size: Size } {
    return { zone, size };
  }

  @Method()
  containers(
    map: ReadonlyMap<string, Set<Line>>,
    set: ReadonlySet<Cents>,
    list: readonly (string | null)[][],
    tuple: readonly [Date, ...Order[]],
  ): Record<"a" | "b", Map<number, Date[]>> {
    return { a: new Map([[map.size, []]]), b: new Map([[set.size + list.length + tuple.length, []]]) };
  }

  @Method()
  bytes(a: Uint8Array, b: ArrayBuffer, c: Float64Array): DataView {
    return new DataView(b, a.length + c.length);
  }

  @Method()
  // biome-ignore lint/suspicious/noExplicitAny: what users write
  json(value: Json, anything: any, whatever: unknown, thing: object): Json {
    return [value, String(anything), String(whatever), Object.keys(thing)];
  }

  @Method()
  change(change: Change, part: Pick<Line, "sku" | "count">): Named<Line> | undefined {
    return change.kind === "added" ? { ...change.line, ...part } : undefined;
  }

  @Method()
  pages(page: Page<Page<Line>>): Page<string> {
    return { items: page.items.map(({ next }) => next ?? "") };
  }

  @Method()
  inferred(count: number) {
    return { count, at: new Date(), nested: [{ ok: true }] };
  }

  @Method({ key: (user: Entity, region?: string) => `${region ?? "eu"}/${user.id}` })
  keyed(user: Entity, region?: string): Maybe<Line> {
    return region === user.id ? null : undefined;
  }

  @Method()
  utilities(
    line: Partial<Line>,
    order: Readonly<Pick<Order, "id" | "status">>,
    part: Pick<Line, "sku">,
    rest: Omit<Line, "sku" | "count">,
    ...all: Required<Line>[]
  ): Readonly<Line> | undefined {
    return { ...rest, ...part, id: order.id, count: line.count ?? all.length };
  }

  @Method()
  rights(rights: Right): Right {
    return rights | Right.read;
  }

  @Method()
  latency(): LatencyStats | undefined {
    return undefined;
  }

  @Method()
  hidden(value: { readonly name: string; render?: () => string; readonly [Symbol.iterator]?: undefined }): {
    made: () => Date;
    name: string;
  } {
    return { name: value.name, made: () => new Date() };
  }

  @Method({ stream: "client" })
  async upload(name: string, body: Readable): Promise<number> {
    return name.length + Number(body.readable);
  }

  @Method({ stream: "client" })
  async paste(body: ReadableStream<Uint8Array>): Promise<Buffer> {
    return Buffer.from(String(body.locked));
  }

  @Method()
  nothing(): void {}

  @Method()
  fails(): never {
    throw new Error("always");
  }

  @Method()
  failure(): Error {
    return new RangeError("told, not thrown");
  }

  @Method()
  money(currency: string): Money {
    return new Money(1, currency);
  }

  @Method()
  wallets(): Promise<Wallet[]> {
    return Promise.resolve([]);
  }

  @Method()
  prices(): Prices {
    return new Prices();
  }

  @Method()
  async *watch(status: Status): AsyncGenerator<Order, void, undefined> {
    for (const order of this.all.values()) if (order.status === status) yield order;
  }

  @Method({ stream: "client" })
  async collect(name: string, lines: AsyncIterable<Line>): Promise<Cents> {
    let sum = name.length;
    for await (const { count } of lines) sum += count;
    return sum;
  }

  @Method({ stream: "duplex" })
  async *convert(lines: AsyncIterable<Line>): AsyncIterable<Change> {
    for await (const line of lines) yield { kind: "added", line };
  }
}
