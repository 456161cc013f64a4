import type { Entry, NodeState } from "../contract/registry.js";

const noTags: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Returns a frozen copy of an entry with nothing else in it; weight, tags and inactive may be left out. Throws a TypeError
 * that names the field which cannot be used.
 */
export function entryFrom(value: unknown): Entry {
  const { service, id, address, weight, tags, inactive } = (value ?? {}) as Partial<Record<keyof Entry, unknown>>;
  if (typeof service !== "string" || service === "") throw new TypeError("an entry has no service");
  if (typeof id !== "string" || id === "") throw new TypeError(`an entry of service ${service} has no id`);
  if (typeof address !== "string") throw new TypeError(`entry ${id} of service ${service} has no address`);
  const state = stateFrom({ weight, tags, inactive });
  return Object.freeze({ service, id, address, weight: 1, tags: noTags, inactive: false, ...state });
}

/**
 * Returns a frozen copy of a state with the fields that are set. Throws a TypeError that names the field which cannot
 * be used.
 */
export function stateFrom(value: unknown): NodeState {
  const { weight, tags, inactive } = (value ?? {}) as Partial<Record<keyof NodeState, unknown>>;
  return Object.freeze({
    ...(weight !== undefined && { weight: weightFrom(weight) }),
    ...(tags !== undefined && { tags: tagsFrom(tags) }),
    ...(inactive !== undefined && { inactive: flagFrom(inactive) }),
  });
}

function weightFrom(value: unknown): number {
  if (typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new TypeError(`weight must be a finite number from 0 up, not ${String(value)}`);
}

function tagsFrom(value: unknown): Readonly<Record<string, string>> {
  const pairs = typeof value === "object" && value !== null ? Object.entries(value) : undefined;
  if (pairs?.every(([, text]) => typeof text === "string"))
    return Object.freeze(Object.fromEntries(pairs) as Record<string, string>);
  throw new TypeError("tags must be an object whose values are all strings");
}

function flagFrom(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`inactive must be true or false, not ${String(value)}`);
}
