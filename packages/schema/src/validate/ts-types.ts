import { types } from "node:util";
import type { Scalar } from "../types/alternatives.js";

/** Tells whether a value is of a type without parts, and how messages call it. */
interface ScalarRule {
  is(value: unknown): boolean;
  readonly said: string;
}

const view = (name: string): ScalarRule => ({
  is: (value) => ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === `[object ${name}]`,
  said: `a ${name}`.replace(/^a (?=[IU]nt)/, "an "),
});

/** Judged by what a value was made as, as codecs do: values of another realm are what they are there. */
export const scalarRules: Readonly<Record<Scalar, ScalarRule>> = {
  string: { is: (value) => typeof value === "string", said: "a string" },
  number: { is: (value) => typeof value === "number", said: "a number" },
  integer: { is: (value) => Number.isInteger(value), said: "a whole number" },
  undefined: { is: (value) => value === undefined, said: "nothing" },
  bigint: { is: (value) => typeof value === "bigint", said: "a bigint" },
  Date: { is: (value) => types.isDate(value), said: "a Date" },
  Uint8Array: { is: (value) => types.isUint8Array(value) || types.isArrayBuffer(value), said: "bytes" },
  Error: { is: (value) => types.isNativeError(value) || value instanceof Error, said: "an Error" },
  Int8Array: view("Int8Array"),
  Uint8ClampedArray: view("Uint8ClampedArray"),
  Int16Array: view("Int16Array"),
  Uint16Array: view("Uint16Array"),
  Int32Array: view("Int32Array"),
  Uint32Array: view("Uint32Array"),
  Float32Array: view("Float32Array"),
  Float64Array: view("Float64Array"),
  BigInt64Array: view("BigInt64Array"),
  BigUint64Array: view("BigUint64Array"),
  DataView: view("DataView"),
};

/** Whether a value is an object with fields: neither array nor one of those that have a type of their own. */
export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !types.isMap(value) &&
    !types.isSet(value) &&
    !types.isDate(value) &&
    !ArrayBuffer.isView(value) &&
    !types.isAnyArrayBuffer(value)
  );
}

/** Returns what kind of value it is, in words that quote nothing of it. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (types.isMap(value)) return "a Map";
  if (types.isSet(value)) return "a Set";
  if (typeof value === "boolean") return "a boolean";
  const found = Object.values(scalarRules).find(({ is }) => is(value));
  return found?.said ?? (typeof value === "object" ? "an object" : `a ${typeof value}`);
}
