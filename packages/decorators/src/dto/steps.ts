import type { ClassPlan, FieldPlan } from "./class-plan.js";
import type { Mapper, MapperOf } from "./mapper.js";

/** A peer must not make us keep more keys than a class has. */
const maxRemembered = 256;

/** An object as a record of its properties. */
export type Fields = Record<string, unknown>;

/** One property on its way: from which key to which, and what happens to the value. */
export interface Step {
  readonly key: string;
  readonly to: string;
  readonly mapper: Mapper | undefined;
  /** undefined: none. */
  readonly transforms: FieldPlan["transforms"] | undefined;
}

/**
 * Returns what lists the steps for an object: its keys in their order, then those that are exposed though it lacks
 * them. Objects that follow each other mostly have the same keys, and then share one list.
 */
export function createSteps(plan: ClassPlan, of: MapperOf, isFixed: (name: string) => boolean) {
  const known = new Map<string, Step | undefined>([
    // As class-transformer has it: neither is ever copied.
    ["__proto__", undefined],
    ["constructor", undefined],
  ]);
  for (const [key, { to, type, transforms }] of plan.fields) {
    const mapper = type === undefined ? undefined : of(type);
    known.set(key, { key, to, mapper, transforms: transforms.length === 0 ? undefined : transforms });
  }
  for (const key of plan.dropped) known.set(key, undefined);

  const stepOf = (key: string): Step | undefined =>
    known.has(key) ? known.get(key) : { key, to: key, mapper: undefined, transforms: undefined };

  const list = (keys: readonly string[]): Step[] => {
    const present = new Set(keys);
    const all = plan.all ? [...keys, ...plan.exposed.filter((key) => !present.has(key))] : plan.exposed;
    return all.map(stepOf).filter((step): step is Step => step !== undefined && !isFixed(step.to));
  };

  let lastKeys: readonly string[] | undefined;
  let lastSteps: readonly Step[] = [];
  return (source: Fields): readonly Step[] => {
    if (!plan.all && lastKeys !== undefined) return lastSteps;
    const keys = Object.keys(source);
    if (keys.length > maxRemembered) return list(keys);
    if (lastKeys === undefined || !same(keys, lastKeys)) {
      lastKeys = keys;
      lastSteps = list(keys);
    }
    return lastSteps;
  };
}

function same(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
