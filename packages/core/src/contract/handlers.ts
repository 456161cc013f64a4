import type { Nothing } from "./is-plain.js";
import type { MethodKind, MethodOptions, StreamForm, UnaryOptions } from "./method.js";
import type { MethodNames } from "./method-names.js";
import type { Plain } from "./plain.js";
import type { FormOf, IsStream, ItemOf, TakesStream } from "./stream-types.js";
import type { Objection, Unmappable } from "./unmappable.js";

/**
 * What `defineService` wants: the options of each method, `{}` for none; of one that streams also which way. Every name is wanted, since an interface has
 * none when the program runs, and a method left out would be one that clients see and nobody can call. Optional methods
 * may be left out; methods that types cannot map must be. To offer less, define the service of a `Pick<T, ...>`; for
 * names known only when the program runs, of a `Record<string, (...input: unknown[]) => unknown>`.
 */
export type MethodTable<T> = [MethodNames<T>] extends [never]
  ? {
      readonly [
        name: string
      ]: Unmappable<"its service's type was not given, or has no methods: defineService<Type>(...)">;
    }
  : [UnmappableNames<T>] extends [never]
    ? OptionsOf<T, MethodNames<T>>
    : OptionsOf<T, MappableNames<T>> & { readonly [K in UnmappableNames<T>]?: Unmappable<Objection<T[K]>> };

/**
 * What `bind` wants: a function for each method of the service, on a plain object or on an instance of a class, which
 * may have more, private members too. Each takes plain data, or declares the class that its service type names; it
 * returns the result or a promise of it, whichever of the two the service type says.
 */
export type Handlers<T> = HandlersOf<T, MappableNames<T>>;

type OptionsOf<T, Names extends keyof T> = { readonly [K in Names]: OptionsFor<Exclude<T[K], undefined>> };

/** Where a parameter or the result may be anything, nobody can say whether it streams. */
type OptionsFor<F> = F extends (...input: infer A) => infer R
  ? unknown extends Awaited<R> | A[number]
    ? MethodOptions
    : OptionsOfKind<KindOf<TakesStream<A[number]>, IsStream<Awaited<R>>>, FormOf<A[number]>>
  : MethodOptions;

type OptionsOfKind<Kind extends MethodKind, Form extends StreamForm> = Kind extends "unary"
  ? UnaryOptions
  : UnaryOptions & { readonly stream: Kind } & FormsOf<Form>;

type KindOf<Takes extends boolean, Gives extends boolean> = Takes extends true
  ? Gives extends true
    ? "duplex"
    : "client"
  : Gives extends true
    ? "server"
    : "unary";

/** Who declares a `Readable` or a `ReadableStream` has to be given one. */
type FormsOf<Form extends StreamForm> = [Form] extends [never]
  ? unknown
  : [Form] extends ["iterable"]
    ? { readonly streamAs?: "iterable" }
    : { readonly streamAs: Exclude<Form, "iterable"> | readonly StreamForm[] };

type HandlersOf<T, Names extends keyof T> = { readonly [K in Names]: HandlerOf<Exclude<T[K], undefined>> };

type UnmappableNames<T> = {
  [K in MethodNames<T>]-?: [Objection<Exclude<T[K], undefined>>] extends [never] ? never : K;
}[MethodNames<T>];

type MappableNames<T> = Exclude<MethodNames<T>, UnmappableNames<T>>;

/** Written as a method, whose parameters compare both ways: so that a handler may declare the class where plain data comes. */
type HandlerOf<F> = F extends (...input: infer A) => infer R
  ? { handle(...input: Received<A>): HandlerResult<R> }["handle"]
  : never;

/** What arrives: plain data, and for a stream what the service names, of plain items. */
type Received<A extends readonly unknown[]> = {
  [K in keyof A]: TakesStream<A[K]> extends true ? ReceivedStream<A[K]> : A[K] | Plain<A[K]>;
};

type ReceivedStream<P> = [FormOf<P>] extends ["iterable"]
  ? P extends AsyncIterable<unknown>
    ? AsyncIterable<ItemOf<P> | Plain<ItemOf<P>>>
    : P | Plain<P>
  : P;

/**
 * Of a method that returns nothing the result is of no interest, as with any function type that returns `void`. What
 * the method itself returns fits in any case.
 */
type HandlerResult<R> = [Awaited<R>, Nothing] extends [Nothing, Awaited<R>]
  ? unknown
  : IsStream<Awaited<R>> extends true
    ? R | Streamed<ItemOf<Awaited<R>>> | Promise<Streamed<ItemOf<Awaited<R>>>>
    : R | Plain<Awaited<R>> | Promise<Plain<Awaited<R>>>;

type Streamed<I> = AsyncIterable<I | Plain<I>>;
