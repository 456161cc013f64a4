import { RpcError } from "../contract/errors.js";
import { didYouMean } from "./names.js";

/** What an option must be, where it is given; a list of strings is a choice. */
type Kind = "number" | "count" | "string" | "boolean" | "function" | "object" | "list" | "any" | readonly string[];

/** The options that something takes, by name. */
export type OptionKinds = Readonly<Record<string, Kind>>;

const says: Readonly<Record<string, string>> = {
  number: "a number of 0 or more",
  count: "a whole number above 0",
  string: "a string",
  boolean: "true or false",
  function: "a function",
  object: "an object",
  list: "an array",
};

/**
 * Throws `invalid_argument` / `BAD_OPTION` where an option is unknown or of the wrong kind, naming `where`, the option,
 * what it should be and, for a misspelt one, what was probably meant. Called once, at the entrance.
 */
export function checkOptions(where: string, options: object, kinds: OptionKinds): void {
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) {
      const hint = didYouMean(name, Object.keys(kinds)) || `; it takes ${Object.keys(kinds).join(", ")}`;
      throw badOption(`${where} has no option "${name}"${hint}`);
    }
    if (value !== undefined && !fits(value, kind)) {
      const wanted = typeof kind === "string" ? says[kind] : kind.map((choice) => `"${choice}"`).join(" or ");
      throw badOption(`${where}: ${name} must be ${wanted}, not ${shown(value)}`);
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
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "string":
    case "boolean":
    case "function":
      return typeof value === kind;
    default:
      return kind.includes(value as string);
  }
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 64));
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "function" ? "a function" : String(value);
}

function badOption(message: string): RpcError {
  return new RpcError("invalid_argument", message, { reason: "BAD_OPTION", processed: "no" });
}
