import type { Schema } from "@rpc/schema";

/** Returns a named type as TypeScript declares it. */
export function declarationText(name: string, schema: Schema): string {
  const isObject = schema.type === "object" && schema.anyOf === undefined && schema.properties !== undefined;
  if (!isObject) return `type ${name} = ${typeText(schema)};`;
  return `interface ${name} ${blockOf(schema)}`;
}

/** Returns a schema as TypeScript writes it, named types by their names. */
export function typeText(schema: Schema): string {
  const { $ref, tsType, anyOf, enum: values, type } = schema;
  if ($ref !== undefined) return nameOf($ref);
  if (anyOf !== undefined) return anyOf.map(typeText).join(" | ") || "never";
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (tsType !== undefined) return tsTypeText(schema);
  if (type === undefined) return schema.properties === undefined ? "unknown" : inlineOf(schema);
  return [type]
    .flat()
    .map((each) => jsonTypeText(each, schema))
    .join(" | ");
}

/** The names of types that a schema refers to, itself and in its parts. */
export function refsIn(schema: Schema): readonly string[] {
  const { $ref, properties = {}, additionalProperties, items, prefixItems = [], keys, values, anyOf = [] } = schema;
  const parts = [...Object.values(properties), additionalProperties, items, ...prefixItems, keys, values, ...anyOf];
  return [
    ...($ref === undefined ? [] : [nameOf($ref)]),
    ...parts.filter((part) => typeof part === "object").flatMap(refsIn),
  ];
}

function nameOf(ref: string): string {
  return ref.replace(/^#\/types\//, "");
}

function tsTypeText({ tsType, keys, values, items }: Schema): string {
  const of = (part: Schema | false | undefined): string => (part ? typeText(part) : "unknown");
  if (tsType === "Map") return `Map<${of(keys)}, ${of(values)}>`;
  if (tsType === "Set") return `Set<${of(items)}>`;
  return tsType === "any" ? "unknown" : (tsType ?? "unknown");
}

function jsonTypeText(type: string, schema: Schema): string {
  if (type === "object") return inlineOf(schema);
  if (type === "integer") return "number";
  if (type !== "array") return type;
  const { prefixItems, items, minItems = 0 } = schema;
  if (prefixItems === undefined) return listOf(items === false ? undefined : items);
  const parts = prefixItems.map((part, index) => `${typeText(part)}${index < minItems ? "" : "?"}`);
  const rest = items === false || items === undefined ? [] : [`...${listOf(items)}`];
  return `[${[...parts, ...rest].join(", ")}]`;
}

function listOf(items: Schema | undefined): string {
  const text = items === undefined ? "unknown" : typeText(items);
  return /^[\w.]+$/.test(text) ? `${text}[]` : `Array<${text}>`;
}

function inlineOf(schema: Schema): string {
  const fields = fieldsOf(schema);
  return fields.length === 0 ? "{}" : `{ ${fields.map(({ text }) => text).join("; ")} }`;
}

function blockOf(schema: Schema): string {
  const lines = fieldsOf(schema).map(({ text, description }) => {
    const comment = description === undefined ? "" : ` // ${description.split("\n")[0]}`;
    return `  ${text};${comment}\n`;
  });
  return `{\n${lines.join("")}}`;
}

function fieldsOf({
  properties = {},
  required = [],
  additionalProperties,
}: Schema): { text: string; description?: string }[] {
  const named = Object.entries(properties).map(([name, field]) => ({
    text: `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}${required.includes(name) ? "" : "?"}: ${typeText(field)}`,
    ...(field.description !== undefined && { description: field.description }),
  }));
  const others =
    typeof additionalProperties === "object" ? [{ text: `[name: string]: ${typeText(additionalProperties)}` }] : [];
  return [...named, ...others];
}
