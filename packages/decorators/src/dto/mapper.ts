import type { Class } from "../notes/class-ref.js";

/** The objects around the one that is being turned, so that one which contains itself is found. */
export type Path = object[];

/** Turns values of one class: single ones and arrays of them; null, undefined and other primitives stay what they are. */
export interface Mapper {
  /** Returns instances for plain data. */
  toInstance(value: unknown): unknown;
  /** Returns plain data by the rules of this class, for instances and for plain objects that stand for one. */
  toPlain(value: unknown, path: Path): unknown;
}

/** Returns the mapper of a class. */
export type MapperOf = (target: Class) => Mapper;
