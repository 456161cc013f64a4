import type { AnyFunction } from "./is-plain.js";
import type { IsStream, ItemOf } from "./stream-types.js";

/**
 * Stands in a client's type for a method which it cannot offer. It cannot be called, and the compiler's message shows
 * `Reason`. A cast would not help: such a method has no place in its service's descriptor.
 */
export interface Unmappable<Reason extends string> {
  readonly unmappable: Reason;
}

/**
 * Why a client cannot offer a method of type `F`; `never` where it can.
 *
 * A function type equals the one made of its own inferred parameters and result only if it has a single signature
 * without type parameters: that finds every overloaded and every generic method. A type guard (`value is X`) is no
 * such function either, and counts as generic. Fields of arguments and results are not looked into: what does not
 * travel is absent from them.
 */
export type Objection<F> = F extends (...input: infer A) => infer R
  ? Identical<F, (...input: A) => R> extends true
    ? ToResult<Awaited<R>> | ToInput<A[number]>
    : ToSignature<F>
  : never;

type Identical<A, B> = (<G>() => G extends A ? 1 : 2) extends <G>() => G extends B ? 1 : 2 ? true : false;

/** Of several signatures the compiler matches the last two; a single one matches both places alike. */
type ToSignature<F> = F extends { (...input: infer A1): infer R1; (...input: infer A2): infer R2 }
  ? Identical<[A1, R1], [A2, R2]> extends true
    ? "it is generic: declare the types it is called with"
    : "it is overloaded: give each signature a name of its own"
  : "it is overloaded: give each signature a name of its own";

/** A method returns a stream or never does: its caller has to know before it calls. */
type ToResult<R> =
  IsStream<R> extends true
    ? Told<"it streams", NotData<ItemOf<R>>>
    : Told<"it returns", NotData<Exclude<R, AsyncIterable<unknown>>> | Mixed<R>>;

type Mixed<R> = unknown extends R
  ? never
  : R extends AsyncIterable<unknown>
    ? "a stream or something else: let it always return a stream"
    : never;

type ToInput<P> =
  | Told<"it takes", NotData<Exclude<P, AsyncIterable<unknown>>>>
  | Told<"it takes a stream of", NotData<ItemOf<Extract<P, AsyncIterable<unknown>>>>>;

type Told<How extends string, What extends string> = What extends string ? `${How} ${What}` : never;

/** What among the alternatives of `T` is no data, in words. Of `any` and `unknown` nobody knows, and they pass. */
type NotData<T> = unknown extends T
  ? never
  : T extends AnyFunction
    ? "a function, and a call carries only data"
    : T extends AsyncIterable<unknown>
      ? "a stream within a stream"
      : T extends SyncIterator
        ? "an iterator, and a call carries only data: make it an array"
        : T extends PromiseLike<unknown>
          ? "a promise, and a call carries only data: await it first"
          : T extends symbol
            ? "a symbol, and a call carries only data"
            : never;

interface SyncIterator {
  next(...input: never[]): unknown;
  [Symbol.iterator](): unknown;
}
