import { CliError } from "../cli-error.js";

/** Arrays that `rpc` writes as `{ "$Float64Array": [1, 2] }`: under the names of their classes. */
const views = {
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as const;

const numbers: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Infinity,
  "-Infinity": -Infinity,
  "-0": -0,
};

/** What JSON has no form for, and the one tag that stands for it: how its value is read. Throws where it cannot be. */
const readers: Readonly<Record<string, (value: never) => unknown>> = {
  $date: (text: string) => dateOf(text),
  $bigint: (text: string) => bigintOf(text),
  $bytes: (text: string) => bytesOf(text),
  $map: (pairs: [unknown, unknown][]) => new Map(pairs.map(([key, value]) => [untagged(key), untagged(value)])),
  $set: (items: unknown[]) => new Set(items.map(untagged)),
  $number: (text: string) => numbers[text] ?? Number(text),
  $undefined: () => undefined,
  $object: (value: object) => plain(value),
};

/** Returns a value that was read from JSON with what its tags stand for: `{ "$date": "…" }` is a Date. Throws a `CliError`. */
export function untagged(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(untagged);
  const [[tag, inner] = [""], ...others] = Object.entries(value);
  if (others.length > 0 || !tag.startsWith("$")) return plain(value);
  try {
    const read = Object.hasOwn(readers, tag) ? readers[tag] : undefined;
    if (read !== undefined) return read(inner as never);
    const view = Object.hasOwn(views, tag.slice(1)) ? views[tag.slice(1) as keyof typeof views] : undefined;
    if (view !== undefined) return Reflect.construct(view, [(inner as unknown[]).map(untagged)]);
  } catch (cause) {
    throw new CliError(`${JSON.stringify(value).slice(0, 100)} cannot be read: ${(cause as Error).message}`, 2, {
      cause,
    });
  }
  return plain(value);
}

/** Returns what JSON can say of a value, with a tag for what it has no form for; `untagged` reads it again. */
export function tagged(value: unknown): unknown {
  switch (typeof value) {
    case "bigint":
      return { $bigint: String(value) };
    case "undefined":
      return { $undefined: true };
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? "-0" : String(value) };
    case "object":
      return value === null ? null : taggedObject(value);
    default:
      return value;
  }
}

function taggedObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(tagged);
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? "" : value.toISOString() };
  if (value instanceof Map) return { $map: [...value].map(([key, item]) => [tagged(key), tagged(item)]) };
  if (value instanceof Set) return { $set: [...value].map(tagged) };
  if (value instanceof Error) return { $error: { name: value.name, message: value.message } };
  if (value instanceof Uint8Array && !(value instanceof Uint8ClampedArray)) return { $bytes: base64(value) };
  if (value instanceof ArrayBuffer) return { $bytes: base64(new Uint8Array(value)) };
  if (value instanceof DataView)
    return { $bytes: base64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
  if (ArrayBuffer.isView(value))
    return { [`$${value.constructor.name}`]: Array.from(value as unknown as Iterable<unknown>, tagged) };
  // A field that is undefined is left out, as JSON.stringify does.
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const made = Object.fromEntries(fields.map(([name, field]) => [name, tagged(field)]));
  return fields.length === 1 && fields[0]![0].startsWith("$") ? { $object: made } : made;
}

/** `__proto__` stays a field: Object.fromEntries defines it. */
function plain(value: object): unknown {
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, untagged(field)]));
}

/** Reads what `Date.prototype.toISOString` writes, or any other form that Date knows. Throws where it is none. */
export function dateOf(text: string): Date {
  const date = new Date(text);
  if (typeof text !== "string" || Number.isNaN(date.getTime()))
    throw new TypeError("it is no date such as 2026-01-31T12:00:00Z");
  return date;
}

/** Reads digits. Throws where they are none. */
export function bigintOf(text: string): bigint {
  if (typeof text !== "string" || !/^-?\d+$/.test(text)) throw new TypeError("it is no whole number in quotes");
  return BigInt(text);
}

/** Reads base64. Throws where it is none. */
export function bytesOf(text: string): Uint8Array {
  if (typeof text !== "string" || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw new TypeError("it is no base64");
  return Buffer.from(text, "base64");
}

/** Makes a typed array of numbers. Throws where there is no such class, or where its elements cannot be. */
export function viewOf(name: string, items: readonly unknown[]): unknown {
  const view = Object.hasOwn(views, name) ? views[name as keyof typeof views] : undefined;
  if (view === undefined) throw new TypeError(`there is no ${name}`);
  return Reflect.construct(view, [items]);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
