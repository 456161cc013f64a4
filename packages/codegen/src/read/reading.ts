import type { ts } from "ts-morph";
import type { NamedShape, ObjectShape, Shape } from "../shape.js";
import type { Names } from "./names.js";

/** Where a type stands: what a refusal of it names. */
export interface Place {
  readonly node: ts.Node;
  /** In words, e.g. `Orders.place, argument "order"`. */
  readonly subject: string;
}

/** What goes wrong is noted here, and reading goes on: all refusals of a run are told together. */
export type Refuse = (place: Place, reason: string, fix: string) => void;

/** The compiler's view of the sources, and where refusals go. */
export interface World {
  readonly checker: ts.TypeChecker;
  readonly program: ts.Program;
  readonly refuse: Refuse;
  /** Notes what is left out without harm to what is written. */
  readonly warn: (place: Place, what: string) => void;
}

/** The types of one service while they are read. Its functions call each other: types hold types. */
export interface Reading extends World {
  readonly names: Names;
  /** Types that got a name, in the order in which they were reached. */
  readonly named: Map<string, NamedShape>;
  /** Returns the shape of a type as somebody wrote it down, which keeps names and the order of alternatives. */
  ofNode(node: ts.TypeNode, place: Place): Shape;
  /** Returns the shape of a type as the compiler knows it. */
  ofType(type: ts.Type, place: Place): Shape;
  /** The same, without asking whether the type has a name. */
  ofStructure(type: ts.Type, place: Place): Shape;
  /** Returns a reference to a type of the sources that has a name, which is read where it was not yet. */
  ofSymbol(symbol: ts.Symbol, type: ts.Type, args: readonly ts.Type[], place: Place): Shape;
  /** Returns what travels of an object type without a name, or a reference to it where it holds itself. */
  ofAnonymous(type: ts.Type, place: Place): Shape;
  /** Returns what of an object type travels. */
  ofFields(type: ts.Type, place: Place): ObjectShape;
}
