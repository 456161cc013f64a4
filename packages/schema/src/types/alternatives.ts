import type { JsonType, Literal, Schema, TsType } from "../contract.js";
import { nameIn } from "../read/read-schema.js";

/** Types without parts. */
export type Scalar = "string" | "number" | "integer" | Exclude<TsType, "any" | "never" | "Map" | "Set">;

/** A field of an object. One that takes `undefined` is optional: codecs do not tell the two apart. */
export interface Field {
  readonly optional: boolean;
  /** Of its value, without `undefined`. */
  readonly type: Type;
}

export interface ObjectType {
  readonly is: "object";
  readonly name: string | undefined;
  readonly fields: ReadonlyMap<string, Field>;
  /** Of fields that are not named. "open": nobody promised any, and none is looked at. */
  readonly others: Type | "open" | "none";
}

export interface ArrayType {
  readonly is: "array";
  readonly name: string | undefined;
  /** The elements of a tuple. */
  readonly first: readonly Type[];
  /** How many of these have to be there. */
  readonly least: number;
  /** Of all further elements. */
  readonly rest: Type | "none";
}

/** One of the things that a value may be. Of a named type it is the same object wherever the type is referred to. */
export type Alternative =
  | { readonly is: "any" }
  | { readonly is: "literal"; readonly value: Literal }
  | { readonly is: "scalar"; readonly name: Scalar }
  | ObjectType
  | ArrayType
  | { readonly is: "map"; readonly name: string | undefined; readonly keys: Type; readonly values: Type }
  | { readonly is: "set"; readonly name: string | undefined; readonly items: Type };

/** A type in its normal form: asked for its alternatives when they are needed, since types refer to themselves. */
export type Type = () => readonly Alternative[];

const any: readonly Alternative[] = [{ is: "any" }];
const nothing: Alternative = { is: "scalar", name: "undefined" };
const truths: readonly Alternative[] = [true, false].map((value) => ({ is: "literal", value }));

/** Returns what makes types of the schemas of one service; the same one for the same schema each time. */
export function typesOf(named: Readonly<Record<string, Schema>>): (schema: Schema) => Type {
  const types = new Map<Schema, Type>();
  const typeOf = (schema: Schema, name?: string): Type => {
    const known = types.get(schema);
    if (known !== undefined) return known;
    let alternatives: readonly Alternative[] | undefined;
    let asked = false;
    const type: Type = () => {
      if (alternatives !== undefined) return alternatives;
      if (asked) return []; // a union that names itself adds nothing to itself
      asked = true;
      alternatives = expand(schema, name);
      return alternatives;
    };
    types.set(schema, type);
    return type;
  };

  const expand = (schema: Schema, name: string | undefined): readonly Alternative[] => {
    const { $ref, type, tsType, anyOf } = schema;
    if ($ref !== undefined) return typeOf(named[nameIn($ref)]!, nameIn($ref))();
    if (anyOf !== undefined) return merged(anyOf.flatMap((one) => typeOf(one)()));
    if (tsType !== undefined) return fromTypeScript(tsType, schema, name);
    const wanted = type === undefined ? undefined : typeof type === "string" ? [type] : type;
    const literals = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
    if (literals !== undefined)
      return literals
        .filter((value) => wanted === undefined || wanted.some((one) => isOf(value, one)))
        .map((value) => ({ is: "literal", value }));
    return wanted === undefined ? any : merged(wanted.flatMap((one) => fromJson(one, schema, name)));
  };

  const fromTypeScript = (tsType: TsType, schema: Schema, name: string | undefined): readonly Alternative[] => {
    if (tsType === "any") return any;
    if (tsType === "never") return [];
    if (tsType === "Set") return [{ is: "set", name, items: partOf(schema.items || undefined) }];
    if (tsType === "Map") return [{ is: "map", name, keys: partOf(schema.keys), values: partOf(schema.values) }];
    return [{ is: "scalar", name: tsType }];
  };

  const fromJson = (type: JsonType, schema: Schema, name: string | undefined): readonly Alternative[] => {
    if (type === "null") return [{ is: "literal", value: null }];
    if (type === "boolean") return truths;
    if (type === "object") return [objectOf(schema, name)];
    if (type === "array") return [arrayOf(schema, name)];
    return [{ is: "scalar", name: type }];
  };

  const partOf = (schema: Schema | undefined): Type => (schema === undefined ? () => any : typeOf(schema));

  const objectOf = (
    { properties = {}, required = [], additionalProperties }: Schema,
    name: string | undefined,
  ): ObjectType => {
    const others =
      additionalProperties === undefined
        ? "open"
        : additionalProperties === false
          ? "none"
          : partOf(additionalProperties === true ? undefined : additionalProperties);
    const fields = new Map<string, Field>();
    for (const [field, schema] of Object.entries(properties)) {
      const type = typeOf(schema);
      const isRequired = required.includes(field);
      fields.set(field, {
        get optional() {
          return !isRequired || takesUndefined(type);
        },
        type: () => type().filter((one) => !isUndefined(one)),
      });
    }
    return { is: "object", name, fields, others };
  };

  const arrayOf = ({ items, prefixItems = [], minItems = 0 }: Schema, name: string | undefined): ArrayType => ({
    is: "array",
    name,
    first: prefixItems.map((schema, index) => (index < minItems ? typeOf(schema) : orUndefined(typeOf(schema)))),
    least: minItems,
    rest: items === false ? "none" : partOf(items),
  });

  return typeOf;
}

/** Whether nothing at all is among what a value may be. */
export function takesUndefined(type: Type): boolean {
  return type().some((one) => isUndefined(one) || one.is === "any");
}

/** Returns a type with `undefined` among its alternatives. */
export function orUndefined(type: Type): Type {
  return () => (takesUndefined(type) ? type() : [...type(), nothing]);
}

/** Whether a literal is of a type of JSON Schema. */
function isOf(value: Literal, type: JsonType): boolean {
  if (value === null) return type === "null";
  if (typeof value === "number") return type === "number" || (type === "integer" && Number.isInteger(value));
  return typeof value === type;
}

function isUndefined(one: Alternative): boolean {
  return one.is === "scalar" && one.name === "undefined";
}

/** Without what is there twice; where anything goes nothing else matters. */
function merged(alternatives: readonly Alternative[]): readonly Alternative[] {
  if (alternatives.some(({ is }) => is === "any")) return any;
  const seen = new Set<unknown>();
  return alternatives.filter((one) => {
    const key = one.is === "literal" ? JSON.stringify(one.value) : one.is === "scalar" ? `:${one.name}` : one;
    return !seen.has(key) && seen.add(key);
  });
}
