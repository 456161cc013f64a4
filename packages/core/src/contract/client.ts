import type { ServiceDescriptor } from "./method.js";
import type { AnyFunction, Plain } from "./plain.js";
import type { Objection, Unmappable } from "./unmappable.js";

/** Names that no method may have: what every object inherits, what would make a client a promise, what a log line calls. */
export type ReservedName =
  | "constructor"
  | "hasOwnProperty"
  | "isPrototypeOf"
  | "propertyIsEnumerable"
  | "toLocaleString"
  | "toString"
  | "valueOf"
  | "__proto__"
  | "__defineGetter__"
  | "__defineSetter__"
  | "__lookupGetter__"
  | "__lookupSetter__"
  | "then"
  | "catch"
  | "finally"
  | "toJSON"
  | "prototype";

/**
 * Names of a service type's methods: its public functions, optional ones too, without those whose names are reserved.
 * Looks at no method's result, so that two services which call each other may leave their results to inference.
 */
export type MethodNames<T> = {
  [K in Exclude<keyof T & string, ReservedName>]-?: MethodName<T, K>;
}[Exclude<keyof T & string, ReservedName>];

type MethodName<T, K extends keyof T> = [Exclude<T[K], undefined>] extends [never]
  ? never
  : [Exclude<T[K], undefined>] extends [AnyFunction]
    ? K
    : never;

/**
 * What a client offers of a service of type `T`, which may be a class, an interface or the type of an object: each
 * method with the same parameters, taking and returning plain data, its result in a promise. A method that types cannot
 * map is an `Unmappable`, which says why. A client has no `then`: it can be awaited, and is itself.
 *
 * A public method without `@Method` is in this type all the same, since decorators leave no trace in types; calling it
 * fails at once. Where that matters write `Client<Pick<Arith, "add">>`, or make the method private.
 */
export type Client<T> = Stubs<T, MethodNames<T>, never>;

/**
 * A client whose results keep the classes named, as in `ClientWith<Shop, Order | Line>`: for methods that declare
 * these classes as their `output`, so that they are built again on arrival. All other objects are plain data.
 */
export type ClientWith<T, Classes> = Stubs<T, MethodNames<T>, Classes>;

/** By a list of keys, as `Pick`: methods keep their comments and where they are defined. */
type Stubs<T, Names extends keyof T, Classes> = {
  readonly [K in Names]: Stub<Exclude<T[K], undefined>, Classes>;
};

type Stub<F, Classes> = F extends (...input: infer A) => infer R
  ? [Objection<F>] extends [never]
    ? (...input: PlainInput<A>) => Promise<Plain<Awaited<R>, Classes>>
    : Unmappable<Objection<F>>
  : never;

/** An argument list of plain data. Names of parameters, optional and rest ones stay. */
export type PlainInput<A extends readonly unknown[]> = { [K in keyof A]: Plain<A[K]> };

/** The type behind a descriptor. */
export type ServiceOf<D> = D extends ServiceDescriptor<infer T> ? T : never;
