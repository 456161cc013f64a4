import { RpcError } from "@rpc/core";
import { type Class, nameOf } from "../notes/class-ref.js";
import type { ClassPlan } from "./class-plan.js";
import { isLeaf } from "./leaf.js";
import type { MapperOf, Path } from "./mapper.js";
import type { Plainness } from "./plainness.js";
import { createSteps, type Fields, type Step } from "./steps.js";
import { type TransformOptions, toPlainWay } from "./transformer.js";

/**
 * Returns what makes plain data by the rules of a class. A field that holds a function is called, and its result is sent
 * in its place, as class-transformer does; where no `@Type` names a class, an instance goes by the rules of its own.
 */
export function plainMaker(target: Class, plan: ClassPlan, options: TransformOptions, of: MapperOf, plain: Plainness) {
  const stepsOf = createSteps(plan, of, () => false);

  const run = ({ key, to, mapper, transforms }: Step, source: Fields, result: Fields, path: Path): void => {
    let value = source[key];
    if (transforms !== undefined) {
      for (const transform of transforms) {
        value = transform({ value, key, obj: source, type: toPlainWay, options });
      }
    }
    if (typeof value === "function" && value === source[key]) value = value.call(source);
    if (mapper !== undefined) value = mapper.toPlain(value, path);
    else if (typeof value === "object") value = plain(value, path);
    result[to] = value;
  };

  const make = (source: Fields, path: Path): object => {
    if (path.includes(source)) throw containsItself(target);
    path.push(source);
    const result: Fields = {};
    for (const step of stepsOf(source)) run(step, source, result, path);
    path.pop();
    return result;
  };

  return function toPlain(value: unknown, path: Path): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => toPlain(item, path));
    if (value instanceof Set) return Array.from(value, (item) => toPlain(item, path));
    if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, item]) => [key, toPlain(item, path)]));
    return isLeaf(value) ? value : make(value as Fields, path);
  };
}

function containsItself(target: Class): RpcError {
  const message = `an instance of ${nameOf(target)} contains itself: put @Exclude() on the property that leads back`;
  return new RpcError("internal", message, { reason: "ENCODE_FAILED" });
}
