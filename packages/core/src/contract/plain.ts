import type { AnyFunction, InRange, IsPlain, IsTuple, Kept, Lost, Primitive } from "./is-plain.js";
import type { ItemOf, TakesStream } from "./stream-types.js";

/**
 * What is left of a `T` that came over the wire: data without behaviour. Methods, functions and symbols are gone at any
 * depth, private fields with them; everything else is as it was, and a type which is plain already is returned itself.
 * A class among `Classes` keeps its methods, wherever it stands: name those which are built again on arrival.
 *
 * What types cannot tell: a getter of a class looks like a field here, and does not travel.
 */
export type Plain<T, Classes = never> = Walk<T, Classes, []>;

/** The fields of a `T` that travel: what a client gets where a method returns an object with methods. */
export type Shape<T> = Fields<T, ShapeKeys<T>, never>;

/** The fields of a `T` that travel, where objects of `Classes` are built again on arrival. */
export type ShapeWith<T, Classes> = Fields<T, ShapeKeys<T>, Classes>;

/**
 * An argument list: each argument as the method declares it, or as plain data; for a stream anything that yields such
 * items. Names of parameters, optional and rest ones stay.
 */
export type Input<A extends readonly unknown[]> = {
  [K in keyof A]: TakesStream<A[K]> extends true ? AnyStream<A[K]> : A[K] | Plain<A[K]>;
};

/** A parameter that may be a stream, alternative by alternative. */
type AnyStream<P> = P extends AsyncIterable<unknown> ? AsyncIterable<ItemOf<P> | Plain<ItemOf<P>>> : P | Plain<P>;

/** `Nested` counts tuples directly within tuples, which are looked into at once; objects and arrays only when asked. */
type Walk<T, Classes, Nested extends 0[]> = unknown extends T
  ? T
  : [T] extends [Primitive]
    ? T
    : IsPlain<T, Classes> extends true
      ? T
      : Step<T, Classes, Nested>;

type Step<T, Classes, Nested extends 0[]> = T extends Kept | Classes
  ? T
  : T extends Lost
    ? never
    : T extends readonly unknown[]
      ? StepArray<T, Classes, Nested>
      : T extends ReadonlyMap<infer K, infer V>
        ? T extends Map<K, V>
          ? Map<Plain<K, Classes>, Plain<V, Classes>>
          : ReadonlyMap<Plain<K, Classes>, Plain<V, Classes>>
        : T extends ReadonlySet<infer M>
          ? T extends Set<M>
            ? Set<Plain<M, Classes>>
            : ReadonlySet<Plain<M, Classes>>
          : [T, "stack"] extends [Error, keyof T]
            ? Error
            : T extends ArrayBuffer
              ? Uint8Array
              : StepObject<T, Classes>;

type StepArray<T extends readonly unknown[], Classes, Nested extends 0[]> = T[number][] extends T
  ? T extends unknown[]
    ? Plain<T[number], Classes>[]
    : readonly Plain<T[number], Classes>[]
  : IsTuple<T> extends false
    ? Plain<T[number], Classes>[]
    : InRange<Nested, 8> extends true
      ? { [K in keyof T]: Walk<T[K], Classes, [...Nested, 0]> }
      : T;

type StepObject<T, Classes> = string extends keyof T
  ? { [K in keyof T as DataKey<T, K>]: Plain<T[K], Classes> }
  : [Classes] extends [never]
    ? Shape<T>
    : ShapeWith<T, Classes>;

/** By a list of keys, as `Pick`: fields keep their modifiers, their comments and where they are defined. */
type Fields<T, Keys extends keyof T, Classes> = { [K in Keys]: Plain<T[K], Classes> };

type ShapeKeys<T> = { [K in keyof T]-?: DataKey<T, K> }[keyof T];

/** `K` if something of the field travels: not where it holds functions or symbols alone. */
type DataKey<T, K extends keyof T> = K extends symbol
  ? never
  : unknown extends T[K]
    ? K
    : [Exclude<T[K], undefined>] extends [never]
      ? K
      : [Exclude<T[K], undefined>] extends [AnyFunction | symbol]
        ? never
        : K;
