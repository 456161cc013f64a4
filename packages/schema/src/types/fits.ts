import type { Literal } from "../contract.js";
import type { Alternative, ArrayType, ObjectType, Type } from "./alternatives.js";
import { related } from "./related.js";

/** Whether one alternative, or each of a type's, is also a value of another. */
export interface Fitting {
  one(source: Alternative, target: Alternative): boolean;
  all(source: Type, target: Type): boolean;
}

/**
 * Returns what tells whether every value of one type is one of another's: both in their normal form, alternative by
 * alternative, so that an object of two literals is not seen to be one of two objects. Of what an object may hold besides
 * its named fields only what somebody promised counts. Throws where the types are too large to compare.
 */
export function fitting(): Fitting {
  const all = (source: Type, target: Type): boolean => {
    const targets = target();
    return source().every((s) => targets.some((t) => one(s, t)));
  };

  const one = (source: Alternative, target: Alternative): boolean => {
    if (source === target || target.is === "any") return true;
    if (target.is === "literal") return source.is === "literal" && source.value === target.value;
    if (target.is === "scalar")
      return source.is === "literal"
        ? literalFits(source.value, target.name)
        : source.is === "scalar" && scalarFits(source.name, target.name);
    return source.is === target.is && partsFit(source, target);
  };

  const partsFit = related((source, target) => {
    if (source.is === "object" && target.is === "object") return fieldsFit(source, target);
    if (source.is === "array" && target.is === "array") return elementsFit(source, target);
    if (source.is === "map" && target.is === "map")
      return all(source.keys, target.keys) && all(source.values, target.values);
    return source.is === "set" && target.is === "set" && all(source.items, target.items);
  });

  const fieldsFit = (source: ObjectType, target: ObjectType): boolean => {
    for (const [name, wanted] of target.fields) {
      const given = source.fields.get(name);
      if (!wanted.optional && (given === undefined || given.optional)) return false;
      const type = given?.type ?? (typeof source.others === "function" ? source.others : undefined);
      if (type !== undefined && !all(type, wanted.type)) return false;
    }
    if (target.others === "open") return true;
    if (target.others === "none")
      return typeof source.others !== "function" && [...source.fields.keys()].every((name) => target.fields.has(name));
    const { others } = target;
    for (const [name, { type }] of source.fields) if (!target.fields.has(name) && !all(type, others)) return false;
    return typeof source.others !== "function" || all(source.others, others);
  };

  const elementsFit = (source: ArrayType, target: ArrayType): boolean => {
    if (source.least < target.least) return false;
    const count = Math.max(source.first.length, target.first.length);
    for (let index = 0; index <= count; index++) {
      const given = elementAt(source, index);
      const wanted = elementAt(target, index);
      if (given !== "none" && (wanted === "none" || !all(given, wanted))) return false;
    }
    return true;
  };

  return { one, all };
}

/** Returns the type of an array's element; of all further ones for an index behind the last one named. */
export function elementAt(array: ArrayType, index: number): Type | "none" {
  return array.first[index] ?? array.rest;
}

/** Whether a literal is of a type without parts. */
export function literalFits(value: Literal, name: string): boolean {
  if (name === "integer") return Number.isInteger(value);
  return name === typeof value;
}

function scalarFits(source: string, target: string): boolean {
  return source === target || (source === "integer" && target === "number");
}
