import { type Class, chainOf } from "../notes/class-ref.js";
import type { ClassPlan } from "./class-plan.js";
import { isLeaf } from "./leaf.js";
import type { MapperOf } from "./mapper.js";
import { createSteps, type Fields, type Step } from "./steps.js";
import { type TransformOptions, toInstanceWay } from "./transformer.js";

/**
 * Returns what makes instances of a class from plain data. What no `@Type` names is taken over as it came, since it was
 * decoded for this call alone. The class's constructor is called without arguments, as class-transformer does.
 */
export function instanceMaker(target: Class, plan: ClassPlan, options: TransformOptions, of: MapperOf) {
  const assignable = [...plan.fields.values()].map(({ to }) => to);
  /** Properties to which nothing is assigned; known from the first instance on. */
  let fixed: ReadonlySet<string> | undefined;
  const stepsOf = createSteps(plan, of, (name) => fixed?.has(name) === true);

  const run = ({ key, to, mapper, transforms }: Step, source: Fields, instance: Fields): void => {
    let value = source[key];
    if (mapper !== undefined) value = mapper.toInstance(value);
    if (transforms !== undefined) {
      for (const transform of transforms) {
        value = transform({ value, key: to, obj: source, type: toInstanceWay, options });
      }
    }
    instance[to] = value;
  };

  const make = (source: Fields): object => {
    const instance = new target() as Fields;
    fixed ??= new Set([...assignable, ...Object.keys(instance)].filter((name) => isFixed(instance, name)));
    for (const step of stepsOf(source)) run(step, source, instance);
    return instance;
  };

  return function toInstance(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(toInstance);
    if (value instanceof Set) return Array.from(value, toInstance);
    return isLeaf(value) ? value : make(value as Fields);
  };
}

/** Whether class-transformer would leave a property alone: a function, what has a getter alone, and what stands on the class's own prototype. */
function isFixed(instance: object, name: string): boolean {
  const own = Object.getPrototypeOf(instance);
  for (const owner of chainOf(instance)) {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name);
    if (descriptor === undefined) continue;
    if (typeof descriptor.value === "function") return true;
    if (owner === instance) return false;
    return descriptor.set === undefined && (owner === own || descriptor.get !== undefined);
  }
  return false;
}
