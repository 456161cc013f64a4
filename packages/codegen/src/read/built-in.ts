import { ts } from "ts-morph";
import { type GlobalName, globalNames, keyword, type Shape } from "../shape.js";
import type { Place, Reading } from "./reading.js";
import { isBuiltIn, isStream } from "./symbols.js";

const asItIs: ReadonlySet<string> = new Set(globalNames);
const errors = /^(?:Error|EvalError|RangeError|ReferenceError|SyntaxError|TypeError|URIError|AggregateError)$/;
const iterators =
  /^(?:Iterable|Iterator|IterableIterator|IteratorObject|Generator|MapIterator|SetIterator|ArrayIterator|StringIterator)$/;
const boxes: Readonly<Record<string, string>> = {
  String: "string",
  Number: "number",
  Boolean: "boolean",
  BigInt: "bigint",
  Symbol: "string",
};

/**
 * Returns the shape of a type that the language or Node brings along, or of a class that extends one of its containers;
 * undefined for any other type. What cannot travel is refused.
 */
export function builtIn(
  reading: Reading,
  type: ts.ObjectType,
  args: readonly ts.Type[],
  place: Place,
): Shape | undefined {
  const refuse = (reason: string, fix: string): Shape => {
    reading.refuse(place, reason, fix);
    return keyword("never");
  };
  const { symbol } = type;
  if (isStream(type)) return refuse("a stream within a value", "let the argument or the result itself be the stream");
  if (!isBuiltIn(reading.program, symbol)) return container(reading, type, place);
  const { name } = symbol;
  const inner = (index: number): Shape =>
    args[index] === undefined ? keyword("unknown") : reading.ofType(args[index], place);
  if (name === "Array" || name === "ReadonlyArray") {
    return { kind: "array", element: inner(0), readonly: name === "ReadonlyArray" };
  }
  if (name === "Map" || name === "ReadonlyMap") {
    return { kind: "map", keys: inner(0), values: inner(1), readonly: name === "ReadonlyMap" };
  }
  if (name === "Set" || name === "ReadonlySet")
    return { kind: "set", members: inner(0), readonly: name === "ReadonlySet" };
  if (name === "Buffer") return { kind: "global", name: "Uint8Array" };
  if (asItIs.has(name)) return { kind: "global", name: name as GlobalName };
  if (errors.test(name)) return { kind: "global", name: "Error" };
  if (name === "Promise" || name === "PromiseLike")
    return refuse("a promise, and a call carries only data", "await it first");
  if (name === "RegExp") return refuse("a regular expression does not travel", "send its source as a string");
  if (iterators.test(name)) return refuse("an iterator, and a call carries only data", "make it an array");
  if (name === "WeakMap" || name === "WeakSet" || name === "WeakRef") {
    return refuse(`a ${name} holds what only one process has`, "send a Map, a Set or the value");
  }
  if (name === "SharedArrayBuffer") return refuse("shared memory does not travel", "send a Uint8Array");
  if (boxes[name] !== undefined) return refuse(`"${name}" is the type of a boxed value`, `write ${boxes[name]}`);
  if (name === "URL" || name === "URLSearchParams") return refuse(`a ${name} does not travel`, "send it as a string");
  if (name === "Function")
    return refuse("a function, and a call carries only data", "send what it would return, or stream it");
  if (name === "Object") return { kind: "object", fields: [], indexes: [] };
  return undefined;
}

/** A class that extends an array, a map, a set or an error: it arrives as one of these. */
function container(reading: Reading, type: ts.ObjectType, place: Place): Shape | undefined {
  if (!type.isClassOrInterface() && (type.objectFlags & ts.ObjectFlags.Reference) === 0) return undefined;
  for (const base of reading.checker.getBaseTypes(declared(type))) {
    const { symbol } = base;
    if (symbol === undefined || !("objectFlags" in base)) continue;
    const args = reading.checker.getTypeArguments(base as ts.TypeReference);
    if (!isBuiltIn(reading.program, symbol)) {
      const deeper = container(reading, base as ts.ObjectType, place);
      if (deeper !== undefined) return deeper;
    } else if (errors.test(symbol.name) || /^(?:Readonly)?(?:Array|Map|Set)$/.test(symbol.name)) {
      return builtIn(reading, base as ts.ObjectType, args, place);
    }
  }
  return undefined;
}

function declared(type: ts.ObjectType): ts.InterfaceType {
  return ((type as ts.TypeReference).target ?? type) as ts.InterfaceType;
}
