import type { Handler, ServiceDescriptor } from "./method.js";

/** Names of a service type's methods: its public functions. */
export type MethodNames<T> = {
  [K in keyof T & string]: T[K] extends (...input: never[]) => unknown ? K : never;
}[keyof T & string];

/** What a client offers of a service: each method with the same parameters, its result in a promise. */
export type Client<T> = {
  readonly [K in MethodNames<T>]: T[K] extends (...input: infer A) => infer R
    ? (...input: A) => Promise<Awaited<R>>
    : never;
};

/** What `bind` wants: a function for each method. A class with private members fits. */
export type Handlers<T> = { readonly [K in MethodNames<T>]: T[K] & Handler };

/** The type behind a descriptor. */
export type ServiceOf<D> = D extends ServiceDescriptor<infer T> ? T : never;
