import { RpcError } from "@rpc/core";

/** A place in a contract that is being read, and what stands there. */
export interface Place {
  /** `services.Shop.methods.place`; empty for the contract itself. */
  readonly path: string;
  readonly value: unknown;
}

/** Returns what an object's field holds, with its place. */
export function at({ path, value }: Place, name: string): Place {
  const plain = /^[A-Za-z_$][\w$]*$/.test(name);
  const step = plain ? (path === "" ? name : `.${name}`) : `[${JSON.stringify(name)}]`;
  const has = typeof value === "object" && value !== null && Object.hasOwn(value, name);
  return { path: path + step, value: has ? (value as Record<string, unknown>)[name] : undefined };
}

/** Returns the elements of an array, with their places. Throws where it is none. */
export function elements({ path, value }: Place): readonly Place[] {
  if (!Array.isArray(value)) throw unexpected({ path, value }, "an array");
  return value.map((element: unknown, index) => ({ path: `${path}[${index}]`, value: element }));
}

/** Returns the fields of an object, with their places. Throws where it is none, or where `known` does not list one. */
export function fields(place: Place, known?: readonly string[]): readonly (readonly [string, Place])[] {
  const { path, value } = place;
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unexpected(place, "an object");
  return Object.keys(value).map((name) => {
    if (name === "__proto__" || (known !== undefined && !known.includes(name)))
      throw badContract(`${at(place, name).path} is not known here${known ? `: known are ${known.join(", ")}` : ""}`);
    return [name, at({ path, value }, name)];
  });
}

/** Throws unless the place holds a string, or nothing where it may be left out. */
export function text(place: Place, optional = false): void {
  if (!(typeof place.value === "string" || (optional && place.value === undefined)))
    throw unexpected(place, "a string");
}

/** Throws unless the place holds one of the values, or nothing where it may be left out. */
export function oneOf(place: Place, values: readonly unknown[], optional = false): void {
  if (values.includes(place.value) || (optional && place.value === undefined)) return;
  throw unexpected(place, values.length === 1 ? String(values[0]) : `one of ${values.join(", ")}`);
}

/** Returns the error for a place that holds something else. */
export function unexpected({ path, value }: Place, expected: string): RpcError {
  return badContract(`${path === "" ? "the whole" : path}: expected ${expected}, got ${kindOf(value)}`);
}

/** Returns an `invalid_argument` / `BAD_CONTRACT`. */
export function badContract(what: string): RpcError {
  return new RpcError("invalid_argument", `the contract cannot be used: ${what}`, {
    reason: "BAD_CONTRACT",
    processed: "no",
  });
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return value.length > 40 ? "another string" : JSON.stringify(value);
  return typeof value === "object" ? "an object" : `${typeof value} ${String(value)}`;
}
