import { inspect } from "node:util";

/** What winston hands to a format: a level, a message, and the fields beside it. */
export interface LogEntry {
  readonly level: string;
  readonly message: unknown;
  readonly timestamp?: unknown;
  readonly [field: string]: unknown;
}

const colours: Readonly<Record<string, number>> = { error: 31, warn: 33, info: 32, debug: 90 };

/** Returns an entry as one line for people: time, level, message, fields; the stacks of errors on lines of their own. */
export function prettyLine({ level, message, timestamp, ...fields }: LogEntry, colour: boolean): string {
  const name = level.padEnd(5);
  const parts = [
    String(timestamp).slice(11, 23),
    colour && level in colours ? `\u001b[${colours[level]}m${name}\u001b[39m` : name,
    escaped(String(message)),
  ];
  const blocks: string[] = [];
  for (const [field, value] of Object.entries(fields)) {
    const block = isUnwrapped(value) ? value.stack : value;
    if (typeof block === "string" && block.includes("\n")) blocks.push(`\n  ${field}: ${indented(block)}`);
    else parts.push(`${field}=${shown(value)}`);
  }
  return parts.join(" ") + blocks.join("");
}

/** An `Error` as plain data, since JSON shows nothing of one. */
export interface UnwrappedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly [field: string]: unknown;
}

/** Returns the fields with every `Error` among them turned into data, its causes and its own fields with it. */
export function withoutErrors<T extends object>(fields: T): T {
  const found = Object.entries(fields).filter(([, value]) => value instanceof Error);
  if (found.length === 0) return fields;
  return { ...fields, ...Object.fromEntries(found.map(([field, error]) => [field, unwrapped(error, 4)])) };
}

function unwrapped(error: Error, levels: number): UnwrappedError {
  const { name, message, stack = `${name}: ${message}`, cause, ...fields } = error as Error & { cause?: unknown };
  if (cause === undefined || levels === 0) return { name, message, stack, ...fields };
  return {
    name,
    message,
    stack,
    ...fields,
    cause: cause instanceof Error ? unwrapped(cause, levels - 1) : inspect(cause),
  };
}

function indented(text: string): string {
  return text.split("\n").map(escaped).join("\n  ");
}

function isUnwrapped(value: unknown): value is UnwrappedError {
  return typeof value === "object" && value !== null && "stack" in value && typeof value.stack === "string";
}

function shown(value: unknown): string {
  if (typeof value === "string") return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return value.map(shown).join(",");
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

/** Nothing that a peer sent may move the cursor or begin a line of its own. */
function escaped(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
