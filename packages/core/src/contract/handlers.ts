import type { Nothing } from "./is-plain.js";
import type { MethodOptions } from "./method.js";
import type { MethodNames } from "./method-names.js";
import type { Input, Plain } from "./plain.js";
import type { Objection, Unmappable } from "./unmappable.js";

/**
 * What `defineService` wants: the options of each method, `{}` for none. Every name is wanted, since an interface has
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

type OptionsOf<T, Names extends keyof T> = { readonly [K in Names]: MethodOptions };

type HandlersOf<T, Names extends keyof T> = { readonly [K in Names]: HandlerOf<Exclude<T[K], undefined>> };

type UnmappableNames<T> = {
  [K in MethodNames<T>]-?: [Objection<Exclude<T[K], undefined>>] extends [never] ? never : K;
}[MethodNames<T>];

type MappableNames<T> = Exclude<MethodNames<T>, UnmappableNames<T>>;

/** Written as a method, whose parameters compare both ways: so that a handler may declare the class where plain data comes. */
type HandlerOf<F> = F extends (...input: infer A) => infer R
  ? { handle(...input: Input<A>): HandlerResult<R> }["handle"]
  : never;

/**
 * Of a method that returns nothing the result is of no interest, as with any function type that returns `void`. What
 * the method itself returns fits in any case.
 */
type HandlerResult<R> = [Awaited<R>, Nothing] extends [Nothing, Awaited<R>]
  ? unknown
  : R | Plain<Awaited<R>> | Promise<Plain<Awaited<R>>>;
