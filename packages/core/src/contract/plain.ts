/** What can be called or constructed. Returns `void`, so that asking never makes the compiler infer a result. */
export type AnyFunction = ((...input: never[]) => void) | (abstract new (...input: never[]) => unknown);

/**
 * What is left of a `T` that came over the wire: data without behaviour. Methods, functions and symbols are gone at any
 * depth, private fields with them; everything else is as it was, so that a type which is plain already is returned
 * itself. A class among `Classes` keeps its methods, wherever it stands: name those which are built again on arrival.
 *
 * What types cannot tell: a getter of a class looks like a field here, and does not travel.
 */
export type Plain<T, Classes = never> = Walk<T, Classes, "result", []>;

/** The fields of a `T` that travel: what a client gets where a method returns an object with methods. */
export type Data<T> = Fields<T, DataKeys<T>, never>;

/** The fields of a `T` that travel, where objects of `Classes` are built again on arrival. */
export type DataWith<T, Classes> = Fields<T, DataKeys<T>, Classes>;

/** An argument list of plain data. Names of parameters, optional and rest ones stay. */
export type PlainInput<A extends readonly unknown[]> = { [K in keyof A]: Plain<A[K]> };

/** What a method that returns nothing returns. */
export type Nothing = ReturnType<() => void>;

type Primitive = string | number | boolean | bigint | null | undefined | Nothing;
type Lost = AnyFunction | symbol | PromiseLike<unknown> | AsyncIterable<unknown>;
type Leaf = Date | ArrayBufferView;

/** Stands in a comparison for what does not travel: nothing can be assigned from it. */
interface Gone {
  readonly gone: unique symbol;
}

/**
 * For the mode "result" what `Plain` says; for "compare" the same shape, with `Gone` for what does not travel. If that
 * can be assigned to `T` nothing is lost, and the result is `T` by its own name. The comparison looks into the fields
 * of an object only when it comes to them, so that a type may contain itself. A tuple is looked into at once:
 * `Nested` counts tuples directly within tuples.
 */
type Walk<T, Classes, Mode, Nested extends 0[]> = unknown extends T
  ? T
  : [T] extends [Primitive]
    ? T
    : Mode extends "compare"
      ? Step<T, Classes, Mode, Nested>
      : [Step<T, Classes, "compare", []>] extends [T]
        ? T
        : Step<T, Classes, Mode, Nested>;

type Step<T, Classes, Mode, Nested extends 0[]> = T extends Primitive | Leaf | Classes
  ? T
  : T extends Lost
    ? Mode extends "compare"
      ? Gone
      : never
    : T extends readonly unknown[]
      ? StepArray<T, Classes, Mode, Nested>
      : T extends ReadonlyMap<infer K, infer V>
        ? T extends Map<K, V>
          ? Map<Walk<K, Classes, Mode, []>, Walk<V, Classes, Mode, []>>
          : ReadonlyMap<Walk<K, Classes, Mode, []>, Walk<V, Classes, Mode, []>>
        : T extends ReadonlySet<infer M>
          ? T extends Set<M>
            ? Set<Walk<M, Classes, Mode, []>>
            : ReadonlySet<Walk<M, Classes, Mode, []>>
          : [T, "stack"] extends [Error, keyof T]
            ? Error
            : [keyof T, object] extends [never, T]
              ? T
              : StepObject<T, Classes, Mode>;

type StepArray<T extends readonly unknown[], Classes, Mode, Nested extends 0[]> = T[number][] extends T
  ? T extends unknown[]
    ? Walk<T[number], Classes, Mode, []>[]
    : readonly Walk<T[number], Classes, Mode, []>[]
  : Nested["length"] extends 8
    ? T
    : StepTuple<T, Classes, Mode, Nested> extends infer Tuple extends readonly unknown[]
      ? Tuple
      : Walk<T[number], Classes, Mode, []>[];

/** An object where `T` is a class that extends an array: of that, the elements travel. */
type StepTuple<T, Classes, Mode, Nested extends 0[]> = { [K in keyof T]: Walk<T[K], Classes, Mode, [...Nested, 0]> };

type StepObject<T, Classes, Mode> = Mode extends "compare"
  ? { [K in keyof T]: K extends symbol ? Gone : Walk<T[K], Classes, Mode, []> }
  : string extends keyof T
    ? { [K in keyof T as DataKey<T, K>]: Walk<T[K], Classes, Mode, []> }
    : [Classes] extends [never]
      ? Data<T>
      : DataWith<T, Classes>;

/** By a list of keys, as `Pick`: fields keep their modifiers, their comments and where they are defined. */
type Fields<T, Keys extends keyof T, Classes> = { [K in Keys]: Plain<T[K], Classes> };

type DataKeys<T> = { [K in keyof T]-?: DataKey<T, K> }[keyof T];

/** `K` if something of the field travels: not where it holds functions or symbols alone. */
type DataKey<T, K extends keyof T> = K extends symbol
  ? never
  : [Exclude<T[K], undefined>] extends [never]
    ? K
    : [Exclude<T[K], undefined>] extends [AnyFunction | symbol]
      ? never
      : K;
