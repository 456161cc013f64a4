import type { Schema, ServiceContract } from "@rpc/schema";
import { CliError } from "../cli-error.js";
import { bigintOf, bytesOf, dateOf, viewOf } from "./tags.js";

type Types = ServiceContract["types"];

/**
 * Returns a value that was read from JSON as a schema has it: text where a Date is wanted becomes one, digits a bigint,
 * base64 bytes, an object a Map, an array a Set. What fits as it is stays as it is, and what fits nowhere too: the server
 * says what is wrong with it. Throws a `CliError` that names the path where a text cannot become what is wanted.
 */
export function bySchema(value: unknown, schema: Schema, types: Types, path: string): unknown {
  const { $ref, tsType, anyOf } = schema;
  if ($ref !== undefined) return bySchema(value, named($ref, types), types, path);
  if (anyOf !== undefined) {
    const fitting =
      anyOf.find((each) => isAlready(value, each, types)) ?? anyOf.find((each) => couldBe(value, each, types));
    return fitting === undefined ? value : bySchema(value, fitting, types, path);
  }
  if (tsType !== undefined) return byTsType(value, schema, types, path);
  if (Array.isArray(value)) {
    const { prefixItems = [], items } = schema;
    return value.map((item, index) => {
      const own = prefixItems[index] ?? (items === false ? undefined : items);
      return own === undefined ? item : bySchema(item, own, types, `${path}[${index}]`);
    });
  }
  if (!isRecord(value)) return value;
  const { properties = {}, additionalProperties } = schema;
  const rest = typeof additionalProperties === "object" ? additionalProperties : undefined;
  const entries = Object.entries(value).map(([name, field]) => {
    const own = Object.hasOwn(properties, name) ? properties[name] : rest;
    return [name, own === undefined ? field : bySchema(field, own, types, `${path}.${name}`)];
  });
  return Object.fromEntries(entries);
}

function byTsType(
  value: unknown,
  { tsType, keys = {}, values = {}, items }: Schema,
  types: Types,
  path: string,
): unknown {
  const read = (reader: () => unknown): unknown => {
    try {
      return reader();
    } catch (cause) {
      throw new CliError(`${path}: ${JSON.stringify(value)} cannot be a ${tsType}: ${(cause as Error).message}`, 2, {
        cause,
      });
    }
  };
  switch (tsType) {
    case "Date":
      return typeof value === "string" ? read(() => dateOf(value)) : value;
    case "bigint":
      if (typeof value === "number") return read(() => bigintFrom(value));
      return typeof value === "string" ? read(() => bigintOf(value)) : value;
    case "Uint8Array":
      return typeof value === "string" ? read(() => bytesOf(value)) : value;
    case "undefined":
      return value ?? undefined;
    case "Map": {
      const pairs = Array.isArray(value) ? value : isRecord(value) ? Object.entries(value) : undefined;
      if (pairs === undefined || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) return value;
      return new Map(
        pairs.map(([key, item]: [unknown, unknown]) => [
          bySchema(keyOf(key, keys, types, Array.isArray(value)), keys, types, `${path} key`),
          bySchema(item, values, types, `${path}.${String(key)}`),
        ]),
      );
    }
    case "Set":
      if (!Array.isArray(value)) return value;
      return new Set(
        value.map((item, at) => bySchema(item, items === false ? {} : (items ?? {}), types, `${path}[${at}]`)),
      );
    default:
      return typeof tsType === "string" && tsType.endsWith("Array") && Array.isArray(value)
        ? read(() => viewOf(tsType, tsType.startsWith("Big") ? value.map((each) => bigintOf(String(each))) : value))
        : value;
  }
}

/** The name of a field is text, and may have to be a number as the key of a Map. */
function keyOf(key: unknown, schema: Schema, types: Types, isPair: boolean): unknown {
  if (isPair || typeof key !== "string") return key;
  const { type } = schema.$ref === undefined ? schema : named(schema.$ref, types);
  return (type === "number" || type === "integer") && key.trim() !== "" ? Number(key) : key;
}

function bigintFrom(value: number): bigint {
  if (!Number.isSafeInteger(value)) throw new TypeError("write it in quotes, or its last digits are lost");
  return BigInt(value);
}

function named(ref: string, types: Types): Schema {
  const name = ref.replace(/^#\/types\//, "");
  return (Object.hasOwn(types, name) ? types[name] : undefined) ?? {};
}

/** Whether JSON itself says what an alternative wants: by its type, its constants and the fields that it must have. */
function isAlready(value: unknown, schema: Schema, types: Types): boolean {
  if (schema.$ref !== undefined) return isAlready(value, named(schema.$ref, types), types);
  if (schema.anyOf !== undefined) return schema.anyOf.some((each) => isAlready(value, each, types));
  if (schema.tsType !== undefined) return schema.tsType === "any";
  if (schema.const !== undefined) return value === schema.const;
  if (schema.enum !== undefined) return schema.enum.some((each) => each === value);
  const { type } = schema;
  const is = typeOf(value);
  const wanted = type === undefined ? undefined : [type].flat();
  if (wanted !== undefined && !wanted.some((each) => each === is || (each === "integer" && Number.isInteger(value))))
    return false;
  return !isRecord(value) || fieldsFit(value, schema, types);
}

/** Whether the fields that tell alternatives apart are there. */
function fieldsFit(value: Readonly<Record<string, unknown>>, schema: Schema, types: Types): boolean {
  const { required = [], properties = {} } = schema;
  return (
    required.every((name) => Object.hasOwn(value, name)) &&
    Object.entries(properties).every(
      ([name, { const: only }]) =>
        only === undefined || !Object.hasOwn(value, name) || isAlready(value[name], { const: only }, types),
    )
  );
}

/** Whether text, a number, an array or an object of JSON could stand for what JSON has no form for. */
function couldBe(value: unknown, schema: Schema, types: Types): boolean {
  if (schema.$ref !== undefined) return couldBe(value, named(schema.$ref, types), types);
  if (schema.anyOf !== undefined) return schema.anyOf.some((each) => couldBe(value, each, types));
  switch (schema.tsType) {
    case "Date":
      return typeof value === "string" && !Number.isNaN(Date.parse(value));
    case "bigint":
      return (typeof value === "string" && /^-?\d+$/.test(value)) || Number.isSafeInteger(value);
    case "Uint8Array":
      return typeof value === "string";
    case "undefined":
      return value === null;
    case "Map":
      return typeof value === "object" && value !== null;
    case undefined:
      return false;
    default:
      return Array.isArray(value);
  }
}

function typeOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
