import type { AnyFunction } from "./plain.js";

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
 * such function either, and counts as generic.
 */
export type Objection<F> = F extends (...input: infer A) => infer R
  ? Identical<F, (...input: A) => R> extends true
    ? ObjectionToResult<Awaited<R>> | ObjectionToInput<A[number]>
    : ObjectionToSignature<F>
  : never;

type Identical<A, B> = (<G>() => G extends A ? 1 : 2) extends <G>() => G extends B ? 1 : 2 ? true : false;

/** Of several signatures the compiler matches the last two; a single one matches both places alike. */
type ObjectionToSignature<F> = F extends { (...input: infer A1): infer R1; (...input: infer A2): infer R2 }
  ? Identical<[A1, R1], [A2, R2]> extends true
    ? "it is generic: declare the types it is called with"
    : "it is overloaded: give each signature a name of its own"
  : "it is overloaded: give each signature a name of its own";

type ObjectionToResult<R> =
  Has<R, Stream | AnyFunction> extends false
    ? never
    : Has<R, AnyFunction> extends true
      ? "it returns a function: return data"
      : Has<R, AsyncIterable<unknown>> extends true
        ? "it returns a stream, which a call does not carry yet: return data"
        : "it returns a generator: return an array";

type ObjectionToInput<P> =
  Has<P, Stream | AnyFunction> extends false
    ? never
    : Has<P, AnyFunction> extends true
      ? "it takes a function: take data"
      : Has<P, AsyncIterable<unknown>> extends true
        ? "it takes a stream, which a call does not carry yet: take data"
        : "it takes a generator: take an array";

type Stream = AsyncIterable<unknown> | Generator<unknown, unknown, never>;

/** Whether one of the alternatives of `T` is an `X`; of `any` and `unknown` nobody knows, and they pass. */
type Has<T, X> = unknown extends T ? false : [Extract<T, X>] extends [never] ? false : true;
