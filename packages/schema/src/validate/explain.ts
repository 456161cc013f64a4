import type { Alternative, ArrayType, ObjectType, Type } from "../types/alternatives.js";
import { elementAt, literalFits } from "../types/fits.js";
import { isFields, kindOf, scalarRules } from "./ts-types.js";

/** What is wrong with a value: where, what was expected there, and what kind of thing it is. Nothing of it is quoted. */
export interface Fault {
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

/**
 * Returns the first fault of a value, undefined where it has none. Slow, and asked only of values that failed: `ajv` says
 * that something is wrong, this says it in words.
 */
export function faultIn(value: unknown, type: Type, path: string): Fault | undefined {
  const alternatives = type();
  if (alternatives.some((one) => one.is === "any")) return undefined;
  const likely = alternatives.filter((one) => isLike(value, one));
  const faults = likely.map((one) => partFault(value, one, path));
  if (faults.includes(undefined)) return undefined;
  const marked = likely.findIndex((one) => hasMarkOf(value, one));
  const told = marked >= 0 ? faults[marked] : faults.length === 1 ? faults[0] : undefined;
  return told ?? { path, expected: expectation(alternatives), got: gotFor(value, alternatives, likely) };
}

/** Returns a fault in words: `orders[2].amount: expected a number, got a string`. */
export function inWords({ path, expected, got }: Fault): string {
  return `${path}: expected ${expected}, got ${got}`;
}

/** Whether a value is of the kind, whatever its parts are. */
function isLike(value: unknown, one: Alternative): boolean {
  if (one.is === "literal") return value === one.value;
  if (one.is === "scalar") return scalarRules[one.name].is(value);
  if (one.is === "array") return Array.isArray(value);
  if (one.is === "map") return value instanceof Map;
  if (one.is === "set") return value instanceof Set;
  return isFields(value);
}

function partFault(value: unknown, one: Alternative, path: string): Fault | undefined {
  if (one.is === "object") return fieldFault(value as Readonly<Record<string, unknown>>, one, path);
  if (one.is === "array") return elementFault(value as readonly unknown[], one, path);
  if (one.is === "set") return firstFault(value as Iterable<unknown>, one.items, `${path}[]`);
  if (one.is !== "map") return undefined;
  const map = value as ReadonlyMap<unknown, unknown>;
  return firstFault(map.keys(), one.keys, `${path}.keys()`) ?? firstFault(map.values(), one.values, `${path}.values()`);
}

function firstFault(values: Iterable<unknown>, type: Type, path: string): Fault | undefined {
  for (const value of values) {
    const fault = faultIn(value, type, path);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function fieldFault(value: Readonly<Record<string, unknown>>, one: ObjectType, path: string): Fault | undefined {
  for (const [name, { optional, type }] of one.fields) {
    const place = stepInto(path, name);
    const field = Object.hasOwn(value, name) ? value[name] : undefined;
    if (field === undefined && !optional) return { path: place, expected: expectation(type()), got: "nothing" };
    const fault = field === undefined ? undefined : faultIn(field, type, place);
    if (fault !== undefined) return fault;
  }
  if (one.others === "open") return undefined;
  for (const name of Object.keys(value)) {
    if (one.fields.has(name)) continue;
    // The name is the caller's own text: it is not repeated.
    if (one.others === "none") return { path, expected: "no field but those it declares", got: "another one" };
    const fault = faultIn(value[name], one.others, `${path}[name]`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function elementFault(value: readonly unknown[], one: ArrayType, path: string): Fault | undefined {
  if (value.length < one.least) return { path, expected: `${one.least} elements or more`, got: String(value.length) };
  for (const [index, element] of value.entries()) {
    const type = elementAt(one, index);
    if (type === "none") return { path, expected: `at most ${one.first.length} elements`, got: String(value.length) };
    const fault = faultIn(element, type, `${path}[${index}]`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Whether a value is meant to be this member of a union: a field that is one literal there has it. */
function hasMarkOf(value: unknown, one: Alternative): boolean {
  if (one.is !== "object") return false;
  return [...one.fields].some(([name, { type }]) => {
    const [mark, ...more] = type();
    return (
      more.length === 0 && mark?.is === "literal" && (value as Readonly<Record<string, unknown>>)[name] === mark.value
    );
  });
}

function expectation(alternatives: readonly Alternative[]): string {
  const literals = alternatives.flatMap((one) => (one.is === "literal" ? [one.value] : []));
  const truths = literals.includes(true) && literals.includes(false);
  const texts = [
    ...alternatives.filter(({ is }) => is !== "literal").map(said),
    ...(truths ? ["a boolean"] : []),
    ...literals.filter((value) => !(truths && typeof value === "boolean")).map((value) => JSON.stringify(value)),
  ];
  const shown = texts.length > 12 ? [...texts.slice(0, 12), `one of ${texts.length - 12} others`] : texts;
  if (shown.length === 0) return "no value at all";
  return shown.length === 1 ? shown[0]! : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`;
}

function said(one: Alternative): string {
  if (one.is === "scalar") return scalarRules[one.name].said;
  if (one.is === "any") return "anything";
  if (one.is === "literal") return JSON.stringify(one.value);
  const name = one.name === undefined ? "" : ` (${one.name})`;
  if (one.is === "map") return `a Map${name}`;
  if (one.is === "set") return `a Set${name}`;
  return one.is === "array" ? `an array${name}` : `an object${name}`;
}

/** A string where some strings are taken is another string. */
function gotFor(value: unknown, alternatives: readonly Alternative[], likely: readonly Alternative[]): string {
  const kind = kindOf(value);
  const near = alternatives.some(
    (one) => one.is === "literal" && value !== null && value !== undefined && literalFits(one.value, typeof value),
  );
  if (near || likely.length > 0) return kind.replace(/^an? /, "another ");
  return kind;
}

function stepInto(path: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}
