import type { MethodContract, Schema } from "../contract.js";
import { nameIn } from "../read/read-schema.js";
import { type Type, takesUndefined } from "../types/alternatives.js";

/** A schema as `ajv` is given it: JSON Schema, and the keywords of `keywords.ts`. */
export type AjvSchema = boolean | { readonly [keyword: string]: unknown };

/** What the schema with the named types of a service is known by. */
const typesId = "types";

const nothing: AjvSchema = { tsScalar: "undefined" };

/** Returns the schema that has the named types of a service: the others refer to it. */
export function typesSchema(types: Readonly<Record<string, Schema>>, typeOf: (schema: Schema) => Type): AjvSchema {
  const definitions = Object.entries(types).map(([name, schema]) => [name, convert(schema, typeOf)]);
  return { $id: typesId, $defs: Object.fromEntries(definitions) };
}

/** Returns the schema of a method's argument list. What streams is looked at item by item. */
export function argumentsSchema({ parameters }: MethodContract, typeOf: (schema: Schema) => Type): AjvSchema {
  const last = parameters.at(-1);
  const single = parameters.filter(({ rest }) => rest !== true);
  const least = single.findLastIndex(
    ({ optional, stream, schema }) => stream === true || !(optional === true || takesUndefined(typeOf(schema))),
  );
  return {
    type: "array",
    minItems: least + 1,
    prefixItems: single.map(({ stream, optional, schema }) =>
      stream === true ? true : optional === true ? orNothing(schema, typeOf) : convert(schema, typeOf),
    ),
    items: last?.rest === true ? orNothing(last.schema, typeOf) : false,
  };
}

/** Returns a schema for `ajv`. A field that may be undefined may be missing, and the other way round. */
export function convert(schema: Schema, typeOf: (schema: Schema) => Type): AjvSchema {
  const { $ref, tsType, anyOf, type, properties, required, additionalProperties, items, prefixItems, minItems } =
    schema;
  const inner = (one: Schema): AjvSchema => convert(one, typeOf);
  if ($ref !== undefined) return { $ref: `${typesId}#/$defs/${pointer(nameIn($ref))}` };
  if (anyOf !== undefined) return { anyOf: anyOf.map(inner) };
  if (tsType === "any") return true;
  if (tsType === "never") return false;
  if (tsType === "Map") return { tsMap: { keys: inner(schema.keys ?? {}), values: inner(schema.values ?? {}) } };
  if (tsType === "Set") return { tsSet: inner(items || {}) };
  if (tsType !== undefined) return { tsScalar: tsType };
  const literals = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
  const fields = Object.entries(properties ?? {});
  return {
    ...(type === undefined ? {} : { type }),
    ...(literals === undefined ? {} : { enum: literals }),
    ...([type].flat().includes("object") ? { tsFields: true } : {}),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(fields.map(([name, one]) => [name, inner(one)])) }),
    ...(required === undefined
      ? {}
      : { required: required.filter((name) => !(properties?.[name] && takesUndefined(typeOf(properties[name])))) }),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            typeof additionalProperties === "boolean" ? additionalProperties : inner(additionalProperties),
        }),
    ...(prefixItems === undefined
      ? {}
      : {
          prefixItems: prefixItems.map((one, index) => (index < (minItems ?? 0) ? inner(one) : orNothing(one, typeOf))),
        }),
    ...(items === undefined ? {} : { items: items === false ? false : inner(items) }),
    ...(minItems === undefined ? {} : { minItems }),
  };
}

function orNothing(schema: Schema, typeOf: (schema: Schema) => Type): AjvSchema {
  const converted = convert(schema, typeOf);
  return takesUndefined(typeOf(schema)) ? converted : { anyOf: [nothing, converted] };
}

function pointer(name: string): string {
  return encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
}
