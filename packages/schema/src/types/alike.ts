import type { Alternative, ObjectType, Type } from "./alternatives.js";
import { related } from "./related.js";

/** Returns what tells whether two alternatives are the same type, under whatever names and in whatever order. */
export function likeness(): (one: Alternative, other: Alternative) => boolean {
  const all = (one: Type | "open" | "none", other: Type | "open" | "none"): boolean => {
    if (typeof one !== "function" || typeof other !== "function") return one === other;
    const [ones, others] = [one(), other()];
    return ones.length === others.length && ones.every((a) => others.some((b) => alike(a, b)));
  };

  const alike = (one: Alternative, other: Alternative): boolean => {
    if (one === other) return true;
    if (one.is === "literal") return other.is === "literal" && one.value === other.value;
    if (one.is === "scalar") return other.is === "scalar" && one.name === other.name;
    return one.is === other.is && (one.is === "any" || partsAlike(one, other));
  };

  const partsAlike = related((one, other) => {
    if (one.is === "object" && other.is === "object") return fieldsAlike(one, other);
    if (one.is === "map" && other.is === "map") return all(one.keys, other.keys) && all(one.values, other.values);
    if (one.is === "set" && other.is === "set") return all(one.items, other.items);
    if (one.is !== "array" || other.is !== "array") return false;
    if (one.least !== other.least || one.first.length !== other.first.length || !all(one.rest, other.rest))
      return false;
    return one.first.every((type, index) => all(type, other.first[index]!));
  });

  const fieldsAlike = (one: ObjectType, other: ObjectType): boolean =>
    one.fields.size === other.fields.size &&
    all(one.others, other.others) &&
    [...one.fields].every(([name, { optional, type }]) => {
      const field = other.fields.get(name);
      return field !== undefined && field.optional === optional && all(type, field.type);
    });

  return alike;
}
