import type { Field, ObjectShape, Shape, TupleElement } from "../shape.js";

const width = 120;

/** Returns a type in TypeScript. `indent` is that of the line it ends on, `used` what stands before it there. */
export function typeText(shape: Shape, indent: string, used = 0): string {
  const flat = flatText(shape);
  if (!flat.includes("\n") && indent.length + used + flat.length <= width - 1) return flat;
  return brokenText(shape, indent) ?? flat;
}

/** Returns a type in TypeScript on one line, without comments. */
export function lineText(shape: Shape): string {
  return flatText(shape)
    .replace(/\/\*\*.*?\*\//gs, "")
    .replace(/\s*\n\s*/g, " ");
}

/** Returns a name as it stands before a colon. */
export function propertyName(name: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : JSON.stringify(name);
}

/** Returns what stands before a type with the type behind it, which may begin on the next line. */
export function joined(before: string, type: string): string {
  return `${type.startsWith("\n") ? before.trimEnd() : before}${type}`;
}

/** Returns the members of an object type, each on lines of its own. */
export function memberLines(shape: ObjectShape, indent: string): string[] {
  const indexes = shape.indexes.map(({ key, shape: value, readonly }) => {
    const start = `${readonly ? "readonly " : ""}[key: ${key}]: `;
    return `${joined(indent + start, typeText(value, indent, start.length))};`;
  });
  return [...indexes, ...shape.fields.flatMap((field) => [...comment(field.docs, indent), fieldLine(field, indent)])];
}

/** Returns a comment as it stands before a declaration; nothing for none. */
export function comment(docs: readonly string[], indent: string): string[] {
  if (docs.length === 0) return [];
  if (docs.length === 1 && indent.length + docs[0]!.length + 7 <= width) return [`${indent}/** ${docs[0]} */`];
  return [`${indent}/**`, ...docs.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`];
}

function fieldLine(field: Field, indent: string): string {
  const start = `${field.readonly ? "readonly " : ""}${propertyName(field.name)}${field.optional ? "?" : ""}: `;
  return `${joined(indent + start, typeText(field.shape, indent, start.length))};`;
}

function flatText(shape: Shape): string {
  switch (shape.kind) {
    case "keyword":
    case "global":
    case "ref":
      return shape.name;
    case "literal":
      return typeof shape.value === "bigint" ? `${shape.value}n` : JSON.stringify(shape.value);
    case "template":
      return shape.text;
    case "array":
      return `${shape.readonly ? "readonly " : ""}${grouped(shape.element)}[]`;
    case "tuple":
      return `${shape.readonly ? "readonly " : ""}[${shape.elements.map(elementText).join(", ")}]`;
    case "object":
      return objectText(shape);
    case "union":
      return shape.of.map((each) => flatText(each)).join(" | ");
    case "intersection":
      return shape.of.map((each) => (each.kind === "union" ? `(${flatText(each)})` : flatText(each))).join(" & ");
    case "utility":
      return `${shape.name}<${shape.of.map(flatText).join(", ")}>`;
    case "map":
      return `${shape.readonly ? "Readonly" : ""}Map<${flatText(shape.keys)}, ${flatText(shape.values)}>`;
    case "set":
      return `${shape.readonly ? "Readonly" : ""}Set<${flatText(shape.members)}>`;
    case "stream":
      return `AsyncIterable<${flatText(shape.items)}>`;
  }
}

/** An element before its `[]`. */
function grouped(shape: Shape): string {
  const text = flatText(shape);
  const loose = shape.kind === "union" || shape.kind === "intersection";
  return loose || text.startsWith("readonly ") ? `(${text})` : text;
}

function elementText({ name, shape, optional, rest }: TupleElement): string {
  const text = flatText(shape);
  if (name !== undefined) return `${rest ? "..." : ""}${name}${optional ? "?" : ""}: ${text}`;
  return rest ? `...${grouped(shape)}` : optional ? `${grouped(shape)}?` : text;
}

function objectText(shape: ObjectShape): string {
  if (shape.fields.length === 0 && shape.indexes.length === 0) return "{}";
  const commented = shape.fields.some(({ docs }) => docs.length > 0);
  if (commented) return ["{", ...memberLines(shape, ""), "}"].join("\n");
  const indexes = shape.indexes.map(
    (each) => `${each.readonly ? "readonly " : ""}[key: ${each.key}]: ${flatText(each.shape)}`,
  );
  const fields = shape.fields.map((field) => {
    return `${field.readonly ? "readonly " : ""}${propertyName(field.name)}${field.optional ? "?" : ""}: ${flatText(field.shape)}`;
  });
  return `{ ${[...indexes, ...fields].join("; ")} }`;
}

/** A type on several lines, where it has a form for that. */
function brokenText(shape: Shape, indent: string): string | undefined {
  const deeper = `${indent}  `;
  if (shape.kind === "object") return ["{", ...memberLines(shape, deeper), `${indent}}`].join("\n");
  if (shape.kind === "union") {
    return ["", ...shape.of.map((each) => `${deeper}| ${typeText(each, deeper, 2)}`)].join("\n");
  }
  if (shape.kind === "intersection") {
    return shape.of.map((each) => (each.kind === "union" ? flatText(each) : typeText(each, indent))).join(" & ");
  }
  if (shape.kind === "array" && shape.element.kind === "object") {
    return shape.readonly
      ? `readonly ${brokenText(shape.element, indent)}[]`
      : `${brokenText(shape.element, indent)}[]`;
  }
  if (shape.kind === "tuple") {
    return [
      `${shape.readonly ? "readonly " : ""}[`,
      ...shape.elements.map((each) => `${deeper}${elementText(each)},`),
      `${indent}]`,
    ].join("\n");
  }
  return undefined;
}
