import type { Callable } from "./is-plain.js";

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
 * What is `any` is no method. Looks at no method's result, so that two services which call each other may leave their
 * results to inference.
 */
export type MethodNames<T> = {
  [K in Exclude<keyof T & string, ReservedName>]-?: MethodName<T, K>;
}[Exclude<keyof T & string, ReservedName>];

type MethodName<T, K extends keyof T> = [0, Exclude<T[K], undefined>] extends [1 & T[K], unknown] | [0, never]
  ? never
  : [Exclude<T[K], undefined>] extends [Callable]
    ? K
    : never;
