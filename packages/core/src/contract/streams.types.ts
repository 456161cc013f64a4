/** What the compiler makes of methods that stream. */
import type { Readable } from "node:stream";
import type { ReadableStream as WebStream } from "node:stream/web";
import type { Batched, Client, ClientWith, Oneway } from "./client.js";
import type { Equal, Expect } from "./expect.types.js";
import type { Handlers, MethodTable } from "./handlers.js";
import type { Binding, MethodOptions, ServiceDescriptor, StreamForm, UnaryOptions } from "./method.js";
import type { ResultStream } from "./result-stream.js";
import type { Unmappable } from "./unmappable.js";

declare function defineService<T>(name: string, methods: MethodTable<T>): ServiceDescriptor<T>;
declare function bind<T>(service: ServiceDescriptor<T>, handlers: Handlers<T>): Binding;

class Tick {
  at = 0;
  price = 0;
  rise(): number {
    return this.price;
  }
}
interface TickData {
  at: number;
  price: number;
}

interface Ticks {
  watch(symbol: string): AsyncIterable<Tick>;
  generate(from?: number): AsyncGenerator<number, string, boolean>;
  later(): Promise<AsyncIterable<string>>;
  read(name: string): Promise<Readable>;
  web(): ReadableStream<Uint8Array>;
  rows(): WebStream<Tick>;
  record(ticks: AsyncIterable<Tick>, note?: string): Promise<number>;
  upload(name: string, body: Readable): Promise<{ bytes: number }>;
  paste(body: ReadableStream): void;
  join(...parts: AsyncIterable<Uint8Array>[]): number;
  maybe(words?: AsyncIterable<string> | string): number;
  talk(words: AsyncIterable<string>): AsyncIterable<Tick>;
  zip(body: Readable): Readable;
  last(symbol: string): Tick;
  loose(value: unknown): unknown;
}

type Of<K extends keyof Ticks> = Client<Ticks>[K];

export type ResultsThatStreamAreStreams = [
  Expect<Equal<Of<"watch">, (symbol: string) => ResultStream<TickData>>>,
  Expect<Equal<Of<"generate">, (from?: number) => ResultStream<number>>>,
  Expect<Equal<Of<"later">, () => ResultStream<string>>>,
  Expect<Equal<Of<"read">, (name: string) => ResultStream<Uint8Array>>>,
  Expect<Equal<Of<"web">, () => ResultStream<Uint8Array<ArrayBufferLike>>>>,
  Expect<Equal<Of<"rows">, () => ResultStream<TickData>>>,
  Expect<Equal<Of<"last">, (symbol: string) => Promise<TickData>>>,
  Expect<Equal<Of<"loose">, (value: unknown) => Promise<unknown>>>,
  Expect<Equal<ReturnType<ClientWith<Ticks, Tick>["watch"]>, ResultStream<Tick>>>,
];

export type ArgumentsThatStreamTakeWhateverYieldsTheirItems = [
  Expect<Equal<Of<"record">, (ticks: AsyncIterable<Tick | TickData>, note?: string) => Promise<number>>>,
  Expect<Equal<Of<"upload">, (name: string, body: AsyncIterable<Uint8Array>) => Promise<{ bytes: number }>>>,
  Expect<Equal<Of<"paste">, (body: AsyncIterable<Uint8Array>) => Promise<void>>>,
  Expect<Equal<Of<"join">, (...parts: AsyncIterable<Uint8Array>[]) => Promise<number>>>,
  Expect<Equal<Of<"maybe">, (words?: AsyncIterable<string> | string) => Promise<number>>>,
  Expect<Equal<Of<"talk">, (words: AsyncIterable<string>) => ResultStream<TickData>>>,
  Expect<Equal<Of<"zip">, (body: AsyncIterable<Uint8Array>) => ResultStream<Uint8Array>>>,
];

declare const ticks: Client<Ticks>;
declare const file: Readable;
declare const page: ReadableStream<Uint8Array>;
declare function words(): AsyncGenerator<string>;
declare function bytes(): AsyncGenerator<Buffer>;

export async function calling(): Promise<unknown> {
  await ticks.upload("a", file);
  await ticks.upload("a", page);
  await ticks.upload("a", bytes());
  await ticks.paste(file);
  await ticks.join(file, page, bytes());
  await ticks.maybe("words");
  // @ts-expect-error: words are no bytes
  await ticks.upload("a", words());
  // @ts-expect-error: an array is no stream
  await ticks.record([{ at: 1, price: 2 }]);
  // @ts-expect-error: a stream where a text is wanted
  await ticks.last(words());
  // @ts-expect-error: what arrived is plain data
  for await (const tick of ticks.watch("X")) tick.rise();
  for await (const tick of ticks.talk(words())) return tick.price;
  await using left: AsyncDisposable = ticks.watch("X");
  const iterator: AsyncIterableIterator<TickData> = ticks.watch("X");
  // @ts-expect-error: a stream is no promise
  await ticks.watch("X").then(() => {});
  return [left, iterator];
}

/** The table of methods asks for `stream` where the type says so, and refuses it where not. */
export type TablesKnowStreams = [
  Expect<Equal<MethodTable<Ticks>["last"], UnaryOptions>>,
  Expect<Equal<MethodTable<Ticks>["loose"], MethodOptions>>,
  Expect<Equal<MethodTable<Ticks>["watch"]["stream"], "server">>,
  Expect<Equal<MethodTable<Ticks>["record"]["stream"], "client">>,
  Expect<Equal<MethodTable<Ticks>["talk"]["stream"], "duplex">>,
  Expect<Equal<MethodTable<Ticks>["upload"]["streamAs"], "readable" | readonly StreamForm[]>>,
  Expect<Equal<MethodTable<Ticks>["paste"]["streamAs"], "web" | readonly StreamForm[]>>,
  Expect<Equal<MethodTable<Ticks>["record"]["streamAs"], "iterable" | undefined>>,
];

type Some = Pick<Ticks, "watch" | "record" | "upload" | "talk" | "last">;
export const tables = [
  defineService<Some>("Ticks", {
    watch: { stream: "server", timeoutMs: 1_000 },
    record: { stream: "client", idempotent: true },
    upload: { stream: "client", streamAs: "readable" },
    talk: { stream: "duplex", streamAs: "iterable" },
    last: {},
  }),
  // @ts-expect-error Property 'stream' is missing in type '{}' but required in type '{ readonly stream: "server"; }'.
  defineService<Pick<Ticks, "watch">>("Ticks", { watch: {} }),
  // @ts-expect-error Type '"duplex"' is not assignable to type '"server"'.
  defineService<Pick<Ticks, "watch">>("Ticks", { watch: { stream: "duplex" } }),
  // @ts-expect-error Property 'stream' is missing in type '{}' but required in type '{ readonly stream: "client"; }'.
  defineService<Pick<Ticks, "record">>("Ticks", { record: {} }),
  // @ts-expect-error Object literal may only specify known properties, and 'stream' does not exist in type 'UnaryOptions'.
  defineService<Pick<Ticks, "last">>("Ticks", { last: { stream: "server" } }),
  // @ts-expect-error Property 'streamAs' is missing: its handler would get what its type does not say.
  defineService<Pick<Ticks, "upload">>("Ticks", { upload: { stream: "client" } }),
  // @ts-expect-error Type '"readable"' is not assignable to type '"iterable"'.
  defineService<Pick<Ticks, "talk">>("Ticks", { talk: { stream: "duplex", streamAs: "readable" } }),
];

declare const SomeService: ServiceDescriptor<Some>;
export const bindings = [
  bind(SomeService, {
    async *watch(symbol) {
      yield { at: symbol.length, price: 1 };
    },
    async record(all, note) {
      let sum = note?.length ?? 0;
      for await (const { price } of all) sum += price;
      return sum;
    },
    upload: async (name, body) => ({ bytes: name.length + body.readableLength }),
    talk: async (all) => {
      for await (const word of all) word.trim();
      return (async function* () {
        yield new Tick();
      })();
    },
    last: () => new Tick(),
  }),
  bind(SomeService, {
    watch: () => file,
    record: async (all: AsyncIterable<Tick>) => (all === undefined ? 0 : 1),
    upload: () => ({ bytes: 0 }),
    // @ts-expect-error: an array is no stream
    talk: () => [new Tick()],
    last: () => new Tick(),
  }),
  bind(SomeService, {
    // @ts-expect-error: items of another type
    async *watch() {
      yield "tick";
    },
    record: () => 1,
    upload: () => ({ bytes: 0 }),
    talk: (all) => all as never,
    last: () => new Tick(),
  }),
];

type NotOneway = Unmappable<"it streams, and a oneway call has nobody who waits: call it without oneway()">;
type NotInBatch = Unmappable<"it streams, and a batch has one outcome for each call: call it beside the batch">;
export type OnewayAndBatchLeaveThemOut = [
  Expect<Equal<Oneway<Client<Ticks>>["watch"], NotOneway>>,
  Expect<Equal<Oneway<Client<Ticks>>["upload"], NotOneway>>,
  Expect<Equal<Oneway<Client<Ticks>>["talk"], NotOneway>>,
  Expect<Equal<Oneway<Client<Ticks>>["last"], (symbol: string) => Promise<void>>>,
  Expect<Equal<Batched<Client<Ticks>>["watch"], NotInBatch>>,
  Expect<Equal<Batched<Client<Ticks>>["record"], NotInBatch>>,
  Expect<Equal<Batched<Client<Ticks>>["last"], Of<"last">>>,
  Expect<Equal<Batched<Client<Ticks>>["loose"], Of<"loose">>>,
];
