import { printableJson } from "../printable.js";

/** Wider than this a value is written over several lines, in characters. */
const widest = 100;

/** Returns JSON for people to read: what fits into a line stands in one, so that a small tag does not take three. */
export function pretty(value: unknown, indent = ""): string {
  const short = printableJson(value);
  if (typeof value !== "object" || value === null || short.length + indent.length <= widest) return short;
  const inner = `${indent}  `;
  if (Array.isArray(value))
    return `[\n${value.map((item) => `${inner}${pretty(item, inner)}`).join(",\n")}\n${indent}]`;
  const fields = Object.entries(value).map(
    ([name, field]) => `${inner}${printableJson(name)}: ${pretty(field, inner)}`,
  );
  return `{\n${fields.join(",\n")}\n${indent}}`;
}
