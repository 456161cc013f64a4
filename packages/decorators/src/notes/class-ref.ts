/** A class of which something can make instances. */
export type Class<T = object> = new (...input: never[]) => T;

/** Whether a value is a class, or a function that could be one: arrow functions and methods are not. */
export function isClass(value: unknown): value is Class {
  return typeof value === "function" && typeof value.prototype === "object" && value.prototype !== null;
}

/** Returns an object and its prototypes, the nearest first. */
export function chainOf(start: object): readonly object[] {
  const chain: object[] = [];
  for (let next: object | null = start; next !== null; next = Object.getPrototypeOf(next)) chain.push(next);
  return chain;
}

/** Returns a class's name as messages show it. */
export function nameOf(target: Class): string {
  return target.name === "" ? "a class without a name" : target.name;
}

/** Returns what somebody gave in place of a class, in a few words. */
export function shown(value: unknown): string {
  if (typeof value === "function") return value.name === "" ? "a function" : `the function ${value.name}`;
  if (typeof value === "string") return JSON.stringify(value.slice(0, 64));
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
