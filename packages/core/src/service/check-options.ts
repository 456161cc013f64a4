import { RpcError } from "../contract/errors.js";
import { didYouMean } from "./names.js";

/** An object with these functions. */
export interface With {
  readonly functions: readonly string[];
}

/** A number within these bounds, both included. */
export interface Within {
  readonly from: number;
  readonly to: number;
}

/** What an option must be, where it is given; a list of strings is a choice. */
type Kind =
  | "number"
  | "count"
  | "string"
  | "boolean"
  | "function"
  | "functions"
  | "object"
  | "list"
  | "any"
  | readonly string[]
  | With
  | Within;

/** The options that something takes, by name. */
export type OptionKinds = Readonly<Record<string, Kind>>;

const says: Readonly<Record<string, string>> = {
  number: "a number of 0 or more",
  count: "a whole number above 0",
  string: "a string",
  boolean: "true or false",
  function: "a function",
  functions: "an array of functions",
  object: "an object",
  list: "an array",
};

/** What plugins must have. */
export const logger: With = { functions: ["debug", "info", "warn", "error"] };
export const contract: With = { functions: ["describe", "hashOf", "breaking"] };
export const clock: With = { functions: ["now", "setTimer", "atEndOfTurn", "afterReads"] };

/**
 * Throws `invalid_argument` / `BAD_OPTION` where the options are no object, or where one is unknown or of the wrong kind, naming `where`, the option,
 * what it should be and, for a misspelt one, what was probably meant. Called once, at the entrance.
 */
export function checkOptions(where: string, options: object, kinds: OptionKinds): void {
  if (!isObject(options)) throw badOption(`${where} wants an object of options, not ${shown(options)}`);
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) {
      const hint = didYouMean(name, Object.keys(kinds)) || `; it takes ${Object.keys(kinds).join(", ")}`;
      throw badOption(`${where} has no option "${name}"${hint}`);
    }
    if (value !== undefined && !fits(value, kind)) {
      throw badOption(`${where}: ${name} must be ${wanted(kind)}, not ${shown(value)}`);
    }
  }
}

function fits(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case "number":
      return typeof value === "number" && value >= 0;
    case "count":
      return typeof value === "number" && value > 0 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY);
    case "any":
      return true;
    case "list":
      return Array.isArray(value);
    case "functions":
      return Array.isArray(value) && value.every((each) => typeof each === "function");
    case "object":
      return isObject(value);
    case "string":
    case "boolean":
    case "function":
      return typeof value === kind;
    default:
      if ("from" in kind) return typeof value === "number" && value >= kind.from && value <= kind.to;
      if ("functions" in kind) return hasFunctions(value, kind.functions);
      return kind.includes(value as string);
  }
}

/** Whether something is an object, or a function, with these functions. */
export function hasFunctions(value: unknown, names: readonly string[]): boolean {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return false;
  return names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === "function");
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wanted(kind: Kind): string {
  if (typeof kind === "string") return says[kind]!;
  if ("from" in kind) return `a number from ${kind.from} to ${kind.to}`;
  if ("functions" in kind) return `an object with the functions ${kind.functions.join(", ")}`;
  return kind.map((choice) => `"${choice}"`).join(" or ");
}

/** Returns what was given, in a word: nothing that may be long or secret is in it. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 64));
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "function" ? "a function" : String(value);
}

/** Returns the error of an option that cannot be. */
export function badOption(message: string): RpcError {
  return new RpcError("invalid_argument", message, { reason: "BAD_OPTION", processed: "no" });
}
