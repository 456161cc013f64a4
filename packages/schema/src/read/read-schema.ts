import type { JsonType, Schema, TsType } from "../contract.js";
import { at, badContract, elements, fields, oneOf, type Place, text, unexpected } from "./place.js";

const jsonTypes: readonly JsonType[] = ["object", "array", "string", "number", "integer", "boolean", "null"];
/** Every `TsType` once, so that the compiler misses none. */
const tsTypeTable: Readonly<Record<TsType, true>> = {
  undefined: true,
  bigint: true,
  Date: true,
  Uint8Array: true,
  Map: true,
  Set: true,
  Error: true,
  any: true,
  never: true,
  Int8Array: true,
  Uint8ClampedArray: true,
  Int16Array: true,
  Uint16Array: true,
  Int32Array: true,
  Uint32Array: true,
  Float32Array: true,
  Float64Array: true,
  BigInt64Array: true,
  BigUint64Array: true,
  DataView: true,
};
const tsTypes = Object.keys(tsTypeTable);
/** Beside which keyword each of the others means something. */
const partsOf: Readonly<Record<string, readonly string[]>> = {
  object: ["properties", "required", "additionalProperties"],
  array: ["items", "prefixItems", "minItems"],
  Map: ["keys", "values"],
  Set: ["items"],
};
const allParts = [...new Set(Object.values(partsOf).flat())];
const keywords = ["description", "$ref", "type", "tsType", "enum", "const", "anyOf", ...allParts];
const refPrefix = "#/types/";

/** Throws `BAD_CONTRACT` unless the place holds a schema of this subset, whose `$ref`s name one of `types`. */
export function checkSchema(place: Place, types: ReadonlySet<string>): asserts place is Place & { value: Schema } {
  const present = fields(place, keywords).map(([name]) => name);
  text(at(place, "description"), true);
  const main = present.filter((name) => name !== "description" && !allParts.includes(name));
  checkCombination(place, main);
  checkParts(place, present);
  if (present.includes("$ref")) checkRef(at(place, "$ref"), types);
  const type = at(place, "type");
  if (Array.isArray(type.value)) for (const one of elements(type)) oneOf(one, jsonTypes);
  else oneOf(type, jsonTypes, true);
  oneOf(at(place, "tsType"), tsTypes, true);
  if (present.includes("const")) checkLiteral(at(place, "const"));
  if (present.includes("enum")) elements(at(place, "enum")).forEach(checkLiteral);
  if (present.includes("anyOf")) for (const one of elements(at(place, "anyOf"))) checkSchema(one, types);
  if (present.includes("properties")) for (const [, one] of fields(at(place, "properties"))) checkSchema(one, types);
  if (present.includes("required")) for (const one of elements(at(place, "required"))) checkRequired(one, place);
  if (present.includes("prefixItems")) for (const one of elements(at(place, "prefixItems"))) checkSchema(one, types);
  for (const name of ["items", "additionalProperties", "keys", "values"]) {
    const part = at(place, name);
    const flag = name === "items" ? part.value === false : name === "additionalProperties" && isBoolean(part.value);
    if (present.includes(name) && !flag) checkSchema(part, types);
  }
  const least = at(place, "minItems");
  if (least.value !== undefined && !(Number.isSafeInteger(least.value) && (least.value as number) >= 0))
    throw unexpected(least, "a whole number, 0 or more");
}

/** Returns the name of the type that a `$ref` refers to. */
export function nameIn(ref: string): string {
  return ref.slice(refPrefix.length);
}

function checkCombination({ path }: Place, main: readonly string[]): void {
  const literal = main.filter((name) => name !== "type");
  if (
    main.length <= 1 ||
    (main.length === 2 && (literal[0] === "enum" || literal[0] === "const") && literal.length === 1)
  )
    return;
  throw badContract(`${path}: ${main.join(" and ")} do not stand beside each other: make it an anyOf of them`);
}

function checkParts(place: Place, present: readonly string[]): void {
  const type = at(place, "type").value;
  const kinds: readonly unknown[] = [at(place, "tsType").value, ...(Array.isArray(type) ? type : [type])];
  const allowed = kinds.flatMap((kind) => (typeof kind === "string" ? (partsOf[kind] ?? []) : []));
  const lost = present.find((name) => allParts.includes(name) && !allowed.includes(name));
  if (lost === undefined) return;
  const owners = Object.keys(partsOf).filter((owner) => partsOf[owner]?.includes(lost));
  throw badContract(`${at(place, lost).path} says nothing without ${owners.map(keywordOf).join(" or ")} beside it`);
}

function keywordOf(owner: string): string {
  return tsTypes.includes(owner) ? `tsType "${owner}"` : `type "${owner}"`;
}

function checkRef(place: Place, types: ReadonlySet<string>): void {
  const { path, value } = place;
  if (typeof value !== "string" || !value.startsWith(refPrefix)) throw unexpected(place, `${refPrefix} and a name`);
  if (!types.has(nameIn(value))) throw badContract(`${path}: the service has no type named ${nameIn(value)}`);
}

function checkRequired(one: Place, schema: Place): void {
  text(one);
  if (at(at(schema, "properties"), one.value as string).value === undefined)
    throw badContract(`${one.path}: properties has no field named ${one.value}`);
}

function checkLiteral(place: Place): void {
  const { value } = place;
  if (value === null || ["string", "boolean"].includes(typeof value) || Number.isFinite(value)) return;
  throw unexpected(place, "a string, a number, true, false or null");
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}
