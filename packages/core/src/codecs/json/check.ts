import { hiddenState, isClass, isEmptyStream, kindOf, refusedStream } from "../kinds.js";
import { maxDepth } from "../max-depth.js";
import { passing, property, Unencodable } from "../unencodable.js";

const hasOwn = Object.prototype.hasOwnProperty;

/**
 * Checks that JSON has a form for everything within a value, and throws an `Unencodable` otherwise. `JSON.stringify`
 * would leave functions out, write NaN and holes of arrays as null, a Map as `{}`, and whatever a `toJSON` says in
 * place of the value that has one.
 */
export function check(value: unknown, depth = maxDepth): void {
  switch (typeof value) {
    case "string":
    case "boolean":
      return;
    case "number":
      if (!Number.isFinite(value)) throw new Unencodable(`is ${value}, for which JSON has no form`);
      return;
    case "object":
      if (value !== null) checkObject(value, depth);
      return;
    case "undefined":
      throw new Unencodable("is undefined, for which JSON has no form outside of an object: send null");
    default:
      throw new Unencodable(`is a ${typeof value}, for which JSON has no form`);
  }
}

function checkObject(value: object, depth: number): void {
  if (depth === 0)
    throw new Unencodable(`is nested deeper than ${maxDepth} levels, as a value that contains itself is`);
  if (Array.isArray(value)) {
    checkArray(value, depth);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !isClass(prototype as object)) checkKind(value);
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") {
    throw new Unencodable("has a toJSON, which would put something else in its place: send what that returns");
  }
  const count = checkFields(value as Readonly<Record<string, unknown>>, depth);
  if (count === 0 && isEmptyStream(value)) throw new Unencodable(refusedStream.what, undefined, refusedStream.reason);
  const hidden = count === 0 && prototype !== Object.prototype ? hiddenState(value) : undefined;
  if (hidden !== undefined) throw new Unencodable(hidden);
}

function checkArray(value: readonly unknown[], depth: number): void {
  let index = 0;
  try {
    for (; index < value.length; index++) check(value[index], depth - 1);
  } catch (thrown) {
    throw passing(thrown).within(index);
  }
}

/** Returns how many fields there are; those that are undefined are left out by JSON, and may be. */
function checkFields(value: Readonly<Record<string, unknown>>, depth: number): number {
  let count = 0;
  let key = "";
  try {
    for (key in value) {
      if (!hasOwn.call(value, key)) continue;
      count++;
      const item = value[key];
      if (item !== undefined) check(item, depth - 1);
    }
  } catch (thrown) {
    throw count === 0 ? passing(thrown) : passing(thrown).within(property(key));
  }
  return count;
}

function checkKind(value: object): void {
  const kind = kindOf(value);
  switch (kind.is) {
    case "fields":
      return;
    case "refused":
      throw new Unencodable(kind.what, undefined, kind.reason);
    case "date":
      throw new Unencodable("is a Date, which would arrive as a string: send its getTime() or toISOString()");
    case "error":
      throw new Unencodable("is an Error, of which JSON would leave nothing: send its fields");
    case "map":
    case "set":
      throw new Unencodable(
        `is a ${kind.is === "map" ? "Map" : "Set"}, of which JSON would leave nothing: send an array`,
      );
    default:
      throw new Unencodable("is bytes, for which JSON has no form: send text, or use the codec msgpack or raw");
  }
}
