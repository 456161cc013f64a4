import type { Class } from "./class-ref.js";
import { isClass } from "./class-ref.js";

/** An array of a class's instances. Made by `arrayOf`. */
export interface ArrayOf<T extends object = object> {
  readonly arrayOf: () => Class<T>;
}

/** A class that arguments or answers are made into: as a function, so that it is asked for when all modules are loaded. */
export type Dto<T extends object = object> = (() => Class<T>) | ArrayOf<T>;

/** Names the class of an array's elements: `output: arrayOf(() => Order)`. */
export function arrayOf<T extends object>(element: () => Class<T>): ArrayOf<T> {
  return Object.freeze({ arrayOf: element });
}

/** Returns what a note names: a class if all is well. */
export function namedBy(note: unknown): unknown {
  if (typeof note === "object" && note !== null && "arrayOf" in note) return namedBy(note.arrayOf);
  if (typeof note !== "function" || isClass(note)) return note;
  return (note as () => unknown)();
}
