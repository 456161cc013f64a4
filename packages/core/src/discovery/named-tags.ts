import type { Endpoint, NamedTags, NodeState } from "../contract/registry.js";
import { stateFrom } from "./entry.js";

/** A state as registries store it: named tags stand among the others. */
export type StoredState = Pick<NodeState, "weight" | "tags" | "inactive">;

const texts = ["group", "zone", "version"] as const;
const degrees = { latitude: 90, longitude: 180 } as const;

/** Whether any tag is given by its name. */
export function namesTags(named: NamedTags): boolean {
  return [...texts, ...Object.keys(degrees)].some((name) => named[name as keyof NamedTags] !== undefined);
}

/** Returns tags with those that are given by name. Throws a TypeError that names the one which cannot be. */
export function withNamed(tags: Readonly<Record<string, string>>, named: NamedTags): Readonly<Record<string, string>> {
  const all = { ...tags };
  for (const name of texts) {
    const text = named[name];
    if (text === undefined) continue;
    if (typeof text !== "string") throw new TypeError(`${name} must be a text, not ${String(text)}`);
    if (text === "") delete all[name];
    else all[name] = text;
  }
  for (const [name, most] of Object.entries(degrees) as ["latitude" | "longitude", number][]) {
    const value = named[name];
    if (value === undefined) continue;
    if (!(typeof value === "number" && Math.abs(value) <= most))
      throw new TypeError(`${name} must be a number of degrees from -${most} to ${most}, not ${String(value)}`);
    all[name] = String(value);
  }
  return all;
}

/** Returns a change of an instance as it is to be stored. Throws a TypeError that names the field which cannot be used. */
export function storedState(current: Pick<Endpoint, "tags">, patch: NodeState): StoredState {
  const state = stateFrom(patch);
  return namesTags(patch) ? { ...state, tags: withNamed(state.tags ?? current.tags, patch) } : state;
}
