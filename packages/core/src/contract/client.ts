import type { ServiceDescriptor } from "./method.js";
import type { MethodNames } from "./method-names.js";
import type { Input, Plain } from "./plain.js";
import type { ResultStream } from "./result-stream.js";
import type { IsStream, ItemOf, TakesStream } from "./stream-types.js";
import type { Objection, Unmappable } from "./unmappable.js";

export type { Handlers, MethodTable } from "./handlers.js";
export type { MethodNames, ReservedName } from "./method-names.js";

/**
 * What a client offers of a service of type `T`, which may be a class, an interface or the type of an object: each
 * method with the same parameters, taking and returning plain data, its result in a promise; of a method that streams
 * its result, a `ResultStream` of plain items; for a parameter that is a stream, whatever yields its items. A method that types cannot
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

/** A client whose methods wait for no answer, as `oneway` makes it: they take the same and return nothing. Streams are left out. */
export type Oneway<C> = { readonly [K in keyof C]: WithoutAnswer<WithoutStream<C[K], NotOneway>> };

type WithoutAnswer<F> = F extends (...input: infer A) => Promise<unknown> ? (...input: A) => Promise<void> : F;

/** A client whose calls belong to a batch, as `on` makes it. Streams are left out. */
export type Batched<C> = { readonly [K in keyof C]: WithoutStream<C[K], NotInBatch> };

type NotOneway = "it streams, and a oneway call has nobody who waits: call it without oneway()";
type NotInBatch = "it streams, and a batch has one outcome for each call: call it beside the batch";

/** A method, unless it streams. */
export type WithoutStream<F, Reason extends string> = F extends (...input: infer A) => infer R
  ? IsStream<R> extends true
    ? Unmappable<Reason>
    : TakesStream<A[number]> extends true
      ? Unmappable<Reason>
      : F
  : F;

/** By a list of keys, as `Pick`: methods keep their comments and where they are defined. */
type Stubs<T, Names extends keyof T, Classes> = {
  readonly [K in Names]: Stub<Exclude<T[K], undefined>, Classes>;
};

type Stub<F, Classes> = F extends (...input: infer A) => infer R
  ? [Objection<F>] extends [never]
    ? (...input: Input<A>) => Answer<Awaited<R>, Classes>
    : Unmappable<Objection<F>>
  : never;

type Answer<R, Classes> =
  IsStream<R> extends true ? ResultStream<Plain<ItemOf<R>, Classes>> : Promise<Plain<R, Classes>>;

/** The type behind a descriptor. */
export type ServiceOf<D> = D extends ServiceDescriptor<infer T> ? T : never;
