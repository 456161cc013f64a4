import { type Class, isClass } from "../notes/class-ref.js";
import { isLeaf } from "./leaf.js";
import type { MapperOf, Path } from "./mapper.js";

/** Returns a value in which every instance of a decorated class, at any depth, is plain data; the value itself where there is none. */
export type Plainness = (value: unknown, path: Path) => unknown;

type Rule = (value: object, path: Path) => unknown;

/**
 * Returns what finds instances where no class was named. Copies only what changes. Instances of classes without
 * decorators, maps and sets stay what they are: the codec knows them. So does what contains itself: the codec says it better.
 */
export function createPlainness(isDecorated: (target: Class) => boolean, of: MapperOf): Plainness {
  /** By prototype: looking at it once tells all instances. */
  const rules = new WeakMap<object, Rule>();

  const ruleFor = (prototype: object, value: object): Rule => {
    let rule = rules.get(prototype);
    if (rule === undefined) {
      rule = makeRule(prototype, value);
      rules.set(prototype, rule);
    }
    return rule;
  };

  const makeRule = (prototype: object, value: object): Rule => {
    if (isLeaf(value)) return same;
    if (value instanceof Map) return inMap;
    if (value instanceof Set) return inSet;
    const target: unknown = prototype.constructor;
    if (!isClass(target) || !isDecorated(target)) return inFields;
    const mapper = of(target);
    return (instance, path) => mapper.toPlain(instance, path);
  };

  const plain: Plainness = (value, path) => {
    if (typeof value !== "object" || value === null) return value;
    if (path.includes(value)) return value;
    if (Array.isArray(value)) return inside(inArray, value, path);
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return inside(inFields, value, path);
    const rule = ruleFor(prototype, value);
    // A mapper keeps the path itself.
    return rule === inFields || rule === inMap || rule === inSet ? inside(rule, value, path) : rule(value, path);
  };

  const inArray = (value: object, path: Path): unknown => {
    const items = value as readonly unknown[];
    let copy: unknown[] | undefined;
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      if (typeof item !== "object" || item === null) continue;
      const turned = plain(item, path);
      if (turned === item) continue;
      copy ??= [...items];
      copy[index] = turned;
    }
    return copy ?? items;
  };

  const inFields = (value: object, path: Path): unknown => {
    const fields = value as Readonly<Record<string, unknown>>;
    let copy: Record<string, unknown> | undefined;
    for (const key of Object.keys(fields)) {
      const item = fields[key];
      if (typeof item !== "object" || item === null) continue;
      const turned = plain(item, path);
      if (turned === item) continue;
      copy ??= { ...fields };
      copy[key] = turned;
    }
    return copy ?? fields;
  };

  const inMap = (value: object, path: Path): unknown => {
    const entries = [...(value as ReadonlyMap<unknown, unknown>)];
    const turned = entries.map(([key, item]) => [plain(key, path), plain(item, path)] as const);
    const changed = turned.some(([key, item], index) => key !== entries[index]![0] || item !== entries[index]![1]);
    return changed ? new Map(turned) : value;
  };

  const inSet = (value: object, path: Path): unknown => {
    const members = [...(value as ReadonlySet<unknown>)];
    const turned = members.map((member) => plain(member, path));
    return turned.some((member, index) => member !== members[index]) ? new Set(turned) : value;
  };

  return plain;
}

function inside(rule: Rule, value: object, path: Path): unknown {
  path.push(value);
  const turned = rule(value, path);
  path.pop();
  return turned;
}

const same = (value: object): unknown => value;
