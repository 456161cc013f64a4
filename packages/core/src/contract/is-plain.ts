/** What can be called. Returns `void`, so that asking never makes the compiler infer a result. */
export type Callable = (...input: never[]) => void;

/** What can be called or constructed. */
export type AnyFunction = Callable | (abstract new (...input: never[]) => unknown);

/** What a method that returns nothing returns. */
export type Nothing = ReturnType<() => void>;

export type Primitive = string | number | boolean | bigint | null | undefined | Nothing;

/** What travels as it is. Bytes arrive as a `Buffer`, which is a `Uint8Array`. */
export type Kept = Primitive | Date | ArrayBufferView;

/** What does not travel. */
export type Lost = AnyFunction | symbol | PromiseLike<unknown> | AsyncIterable<unknown> | RegExp;

/** Whether fewer than `Limit` things were counted. */
export type InRange<Counted extends 0[], Limit extends number> = Counted["length"] extends Limit ? false : true;

/** Whether an array type is an array or a tuple; false for a class that extends one, of which the elements travel. */
export type IsTuple<T extends readonly unknown[]> = { [K in keyof T]: 0 } extends readonly unknown[] ? true : false;

/**
 * Whether nothing of a `T` is lost on the wire.
 *
 * The compiler has no way to compare types that refer to each other by the hundred: a structural comparison is given
 * up after a hundred steps down. So this looks at each type by itself, and at those it refers to, ten objects deep;
 * what lies deeper is taken for plain, which also ends the search where types refer to themselves. What was found out
 * about a type is kept by the compiler, so that all methods of a service together cost little more than one.
 */
export type IsPlain<T, Classes = never> = [Search<Within<T, Classes>, []>] extends [never] ? true : false;

/** `true` if something is lost, nothing otherwise. */
type Search<Nodes, Above extends 0[]> = [Nodes] extends [NodeOfAny]
  ? true extends Nodes["lossy"]
    ? true
    : InRange<Above, 10> extends true
      ? Nodes extends NodeOfAny
        ? Search<Nodes["inner"], [...Above, 0]>
        : never
      : never
  : true;

interface NodeOfAny {
  readonly lossy: boolean;
  readonly inner: unknown;
}

/** A type on the way. An interface, whose properties the compiler computes when asked for, and once. */
interface Node<T, Classes> extends NodeOfAny {
  readonly lossy: IsLossy<T>;
  readonly inner: Inner<T, Classes>;
}

/** What of a type is to be looked into. `any` and `unknown` are what they are, and would hide all alternatives. */
type Within<T, Classes> = unknown extends T
  ? never
  : [T] extends [Primitive]
    ? never
    : T extends Kept | Classes
      ? never
      : T extends readonly unknown[]
        ? T[number][] extends T
          ? WithinElement<T[number], Classes>
          : Node<T, Classes>
        : Node<T, Classes>;

/** Looks through an array at once, but not through one in another, since such a type may contain itself. */
type WithinElement<E, Classes> = unknown extends E
  ? never
  : E extends readonly unknown[]
    ? Node<E, Classes>
    : Within<E, Classes>;

/** Whether a `T` itself is not what arrives, whatever it holds: that is judged on the next level. */
type IsLossy<T> = T extends Lost
  ? true
  : T extends readonly unknown[]
    ? IsTuple<T> extends true
      ? false
      : true
    : [T, "stack"] extends [Error, keyof T]
      ? IsSubclass<T, Error>
      : T extends ReadonlyMap<infer K, infer V>
        ? IsSubclass<T, Map<K, V>>
        : T extends ReadonlySet<infer M>
          ? IsSubclass<T, Set<M>>
          : T extends ArrayBuffer
            ? true
            : [keyof T & symbol] extends [never]
              ? HasPrivateFields<T>
              : true;

type IsSubclass<T, Class> = Class extends T ? false : true;

/** No other type can be assigned to a class with private fields, though it has all others. */
type HasPrivateFields<T> = { [K in keyof T]: T[K] } extends T ? false : true;

type Inner<T, Classes> = T extends readonly unknown[]
  ? { [K in keyof T]-?: Within<T[K], Classes> }[number]
  : T extends ReadonlyMap<infer K, infer V>
    ? Within<K, Classes> | Within<V, Classes>
    : T extends ReadonlySet<infer M>
      ? Within<M, Classes>
      : { [K in keyof T]-?: Within<T[K], Classes> }[keyof T] | BesideIndex<T, Classes>;

/** The fields beside an index signature, which `[keyof T]` passes over. */
type BesideIndex<T, Classes> = string extends keyof T
  ? { [K in keyof T as string extends K ? never : K]-?: Within<T[K], Classes> } extends infer Named
    ? Named[keyof Named]
    : never
  : never;
