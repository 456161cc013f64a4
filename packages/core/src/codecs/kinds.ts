import { types } from "node:util";

/** What an object is to a codec; `refused` completes "the value is …". */
export type Kind =
  | { readonly is: "fields" | "bytes" | "buffer" | "view" | "map" | "set" | "date" | "error" }
  | { readonly is: "refused"; readonly what: string; readonly reason?: string };

const fields: Kind = { is: "fields" };
const bytes: Kind = { is: "bytes" };
const buffer: Kind = { is: "buffer" };
const view: Kind = { is: "view" };
const map: Kind = { is: "map" };
const set: Kind = { is: "set" };
const date: Kind = { is: "date" };
const error: Kind = { is: "error" };

/** What is said of a stream within a message: of an argument, where the method declares no stream, and of what is deeper. */
export const refusedStream = Object.freeze({
  is: "refused",
  what: "is a stream, which only a method that declares one carries, as an argument by itself or as its result: defineService and @Method, option stream",
  reason: "STREAM_NOT_DECLARED",
}) satisfies Kind;

/** Whether an object without fields would yield its values if it were asked. */
export function isEmptyStream(value: object): boolean {
  return Symbol.asyncIterator in value;
}

/** Prototypes of classes whose instances are their own enumerable fields. */
const classes = new WeakSet<object>();
/** The one seen last: most often the next one too. */
let lastClass: object | undefined;

/**
 * Returns whether objects with this prototype are known to be nothing but their fields. For the prototypes of classes;
 * those of plain objects are compared before.
 */
export function isClass(prototype: object): boolean {
  if (prototype === lastClass) return true;
  if (!classes.has(prototype)) return false;
  lastClass = prototype;
  return true;
}

/**
 * Returns what an object is, judged by what it was made as and not by its prototype: objects of another realm and of
 * subclasses are what they are there. Remembers classes for `isClass`. Slow, for what is neither array nor plain object.
 */
export function kindOf(value: object): Kind {
  if (ArrayBuffer.isView(value)) return types.isUint8Array(value) ? bytes : view;
  if (types.isMap(value)) return map;
  if (types.isSet(value)) return set;
  if (types.isDate(value)) return date;
  if (types.isNativeError(value)) return error;
  if (types.isArrayBuffer(value)) return buffer;
  if (Symbol.asyncIterator in value) return refusedStream;
  const what = foreign(value);
  if (what !== undefined) return { is: "refused", what };
  if (value instanceof Error) return error;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype === "object" && prototype !== null) classes.add(prototype);
  return fields;
}

/** Returns what to say of an object without fields whose state is elsewhere, e.g. a URL; undefined where it has none. */
export function hiddenState(value: object): string | undefined {
  const tag: unknown = Reflect.get(value, Symbol.toStringTag);
  return typeof tag === "string"
    ? `is of class ${tag}, whose state is not in fields: send what matters of it`
    : undefined;
}

function foreign(value: object): string | undefined {
  if (types.isPromise(value)) return "is a promise: await it first";
  if (types.isRegExp(value)) return "is a RegExp: send its source and flags";
  if (types.isBoxedPrimitive(value)) return "is a primitive in an object: send it without `new`";
  if (types.isWeakMap(value) || types.isWeakSet(value)) return "is a weak collection, which cannot be listed";
  if (types.isSharedArrayBuffer(value)) return "is shared memory: send a copy of it";
  if (types.isGeneratorObject(value))
    return "is a generator: send an array of what it yields, or stream it with `async *`";
  if (types.isMapIterator(value) || types.isSetIterator(value))
    return "is an iterator: send an array of what it yields";
  for (const known of [Map, Set, Date, Promise, RegExp, ArrayBuffer, Uint8Array, WeakMap, WeakSet]) {
    if (value instanceof known) return `looks like a ${known.name} but is none, as a proxy of one does`;
  }
  return undefined;
}
