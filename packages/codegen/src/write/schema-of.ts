import type { Schema, TsType } from "@rpc/schema";
import { summaryOf } from "../read/docs.js";
import type { Field, NamedShape, ObjectShape, Shape, TupleElement } from "../shape.js";
import { isKeyword } from "../shape.js";

/** Returns a type as a contract describes it. */
export function schemaOf(shape: Shape): Schema {
  switch (shape.kind) {
    case "keyword":
      return keywords[shape.name];
    case "literal":
      return typeof shape.value === "bigint" ? { tsType: "bigint" } : { const: shape.value };
    case "template":
      return { type: "string" };
    case "global":
      return { tsType: shape.name === "ArrayBuffer" ? "Uint8Array" : (shape.name satisfies TsType) };
    case "array":
      return { type: "array", items: schemaOf(shape.element) };
    case "tuple":
      return tupleSchema(shape.elements);
    case "object":
      return objectSchema(shape);
    case "union":
      return unionSchema(shape.of);
    case "intersection":
    case "utility":
      return schemaOf(shape.flat);
    case "map":
      return { tsType: "Map", keys: schemaOf(shape.keys), values: schemaOf(shape.values) };
    case "set":
      return { tsType: "Set", items: schemaOf(shape.members) };
    case "stream":
      return schemaOf(shape.items);
    case "ref":
      return { $ref: `#/types/${shape.name}` };
  }
}

/** Returns a named type as a contract describes it. */
export function namedSchema({ docs, form }: NamedShape): Schema {
  if (form.kind === "enum" && form.open) return described({ type: "number" }, docs);
  if (form.kind === "enum") return described({ enum: [...new Set(form.members.map(({ value }) => value))] }, docs);
  return described(schemaOf(form.shape), docs);
}

/** Returns a schema with what a comment says of it. */
function described(schema: Schema, docs: readonly string[]): Schema {
  const description = summaryOf(docs);
  return description === undefined ? schema : { description, ...schema };
}

const keywords: Readonly<Record<Extract<Shape, { kind: "keyword" }>["name"], Schema>> = {
  string: { type: "string" },
  number: { type: "number" },
  boolean: { type: "boolean" },
  bigint: { tsType: "bigint" },
  null: { type: "null" },
  undefined: { tsType: "undefined" },
  void: { tsType: "undefined" },
  never: { tsType: "never" },
  any: { tsType: "any" },
  unknown: { tsType: "any" },
  // Whatever is no primitive: objects, lists, dates, bytes.
  object: { tsType: "any" },
};

function objectSchema({ fields, indexes }: ObjectShape): Schema {
  const properties = Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)]));
  const required = fields.filter(({ optional, shape }) => !optional && !maybeUndefined(shape)).map(({ name }) => name);
  const rest = indexes.filter(({ key }) => key === "string" || key === "number");
  return {
    type: "object",
    ...(fields.length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
    ...(rest.length === 0 ? {} : { additionalProperties: unionSchema(rest.map(({ shape }) => shape)) }),
  };
}

function fieldSchema({ shape, docs }: Field): Schema {
  return described(schemaOf(shape), docs);
}

function maybeUndefined(shape: Shape): boolean {
  if (shape.kind === "union") return shape.of.some(maybeUndefined);
  return ["undefined", "any", "unknown", "void"].some((name) => isKeyword(shape, name as "any"));
}

function tupleSchema(elements: readonly TupleElement[]): Schema {
  const rest = elements.findIndex((each) => each.rest);
  const fixed = rest < 0 ? elements : elements.slice(0, rest);
  const after = rest < 0 ? [] : elements.slice(rest);
  const prefixItems = fixed.map(({ shape }) => schemaOf(shape));
  const minItems = elements.filter((each) => !each.optional && !each.rest).length;
  const items: Schema | false =
    after.length === 0
      ? false
      : unionSchema(after.map(({ shape, rest: many }) => (many && shape.kind === "array" ? shape.element : shape)));
  return { type: "array", ...(prefixItems.length === 0 ? {} : { prefixItems }), minItems, items };
}

/** Literals become one `enum`; what is alone stays as it is. */
function unionSchema(shapes: readonly Shape[]): Schema {
  const values = shapes.flatMap((each) =>
    each.kind === "literal" && typeof each.value !== "bigint" ? [each.value] : [],
  );
  const others = shapes.filter((each) => each.kind !== "literal" || typeof each.value === "bigint").map(schemaOf);
  const literals: Schema[] =
    values.length === 0 ? [] : values.length === 1 ? [{ const: values[0]! }] : [{ enum: values }];
  const all = [...literals, ...others];
  return all.length === 1 ? all[0]! : { anyOf: all };
}
