import type { Alternative, Type } from "./alternatives.js";

/** Alternatives that are shown before the rest is counted. */
const mostShown = 8;
/** Levels of what is without a name. */
const deepest = 2;

/** Returns alternatives as TypeScript writes them, the names of named types in place of what they are; cut where it is long. */
export function shown(alternatives: readonly Alternative[], depth = 0): string {
  if (alternatives.length === 0) return "never";
  const truths = alternatives.filter((one) => one.is === "literal" && typeof one.value === "boolean");
  const both = truths.length === 2 ? truths : [];
  const texts = alternatives.filter((one) => !both.includes(one)).map((one) => textOf(one, depth));
  if (both.length > 0) texts.push("boolean");
  const more = texts.length - mostShown;
  return more > 0 ? `${texts.slice(0, mostShown).join(" | ")} and ${more} more` : texts.join(" | ");
}

function textOf(one: Alternative, depth: number): string {
  if (one.is === "any") return "unknown";
  if (one.is === "literal") return JSON.stringify(one.value);
  if (one.is === "scalar") return one.name === "integer" ? "whole number" : one.name;
  if (one.name !== undefined) return one.name;
  if (one.is === "map") return `Map<${part(one.keys, depth)}, ${part(one.values, depth)}>`;
  if (one.is === "set") return `Set<${part(one.items, depth)}>`;
  if (one.is === "object") {
    const names = [...one.fields].map(([name, { optional }]) => (optional ? `${name}?` : name));
    if (typeof one.others === "function") names.push("[name]");
    return names.length === 0 ? "object" : `{ ${cut(names)} }`;
  }
  if (one.first.length > 0) {
    const parts = one.first.map((type) => part(type, depth));
    return `[${cut(one.rest === "none" ? parts : [...parts, "..."])}]`;
  }
  if (one.rest === "none") return "[]";
  const item = part(one.rest, depth);
  return item.includes(" ") && !item.startsWith("{") ? `(${item})[]` : `${item}[]`;
}

function part(type: Type, depth: number): string {
  return depth === deepest ? "..." : shown(type(), depth + 1);
}

function cut(names: readonly string[]): string {
  return names.length > mostShown ? `${names.slice(0, mostShown).join(", ")}, ...` : names.join(", ");
}
