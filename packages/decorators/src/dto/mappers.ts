import type { Class } from "../notes/class-ref.js";
import { planOf } from "./class-plan.js";
import { conversionTo } from "./conversions.js";
import type { Mapper, MapperOf } from "./mapper.js";
import { createPlainness, type Plainness } from "./plainness.js";
import { instanceMaker } from "./to-instance.js";
import { plainMaker } from "./to-plain.js";
import { isDecorated, type Transformer, toInstanceWay, toPlainWay } from "./transformer.js";

/** The mappers of all classes, made once for each when first asked for. */
export interface Mappers {
  /** Throws `invalid_argument` / `BAD_DTO` where a `@Type` in the class names nothing. */
  readonly of: MapperOf;
  /** For values of which no class was named. */
  readonly plain: Plainness;
}

/**
 * Returns mappers that do what class-transformer does at a fraction of its cost: a class's decorators are read once
 * and become closures. A class with features beyond `planOf` is left to class-transformer itself.
 */
export function createMappers(transformer: Transformer): Mappers {
  const made = new Map<Class, Mapper>();
  const of: MapperOf = (target) => {
    const known = made.get(target);
    if (known !== undefined) return known;
    const mapper: Mapper = { toInstance: (value) => value, toPlain: (value) => value };
    // Known before it is finished, since a class may contain itself.
    made.set(target, mapper);
    try {
      return Object.assign(mapper, make(target));
    } catch (error) {
      made.delete(target);
      throw error;
    }
  };
  const plain = createPlainness((target) => isDecorated(transformer, target), of);
  const make = (target: Class): Mapper => {
    const conversion = conversionTo(target);
    if (conversion !== undefined) return conversion;
    const inward = planOf(transformer, target, toInstanceWay);
    const outward = planOf(transformer, target, toPlainWay);
    if (inward === undefined || outward === undefined) return leaveTo(transformer, target);
    return {
      toInstance: instanceMaker(target, inward, transformer.defaults, of),
      toPlain: plainMaker(target, outward, transformer.defaults, of, plain),
    };
  };
  return { of, plain };
}

/** Returns the mapper of a class whose decorators only class-transformer understands. */
function leaveTo({ plainToInstance, instanceToPlain, storage }: Transformer, target: Class): Mapper {
  /** class-transformer applies a class's rules to a plain object only where a `@Type` names the class. */
  class Holder {
    value: unknown;
  }
  storage.addTypeMetadata({
    target: Holder,
    propertyName: "value",
    reflectedType: undefined,
    typeFunction: () => target,
    options: {},
  });
  return {
    toInstance: (value) => plainToInstance(target as new () => object, value),
    toPlain: (value) => instanceToPlain(Object.assign(new Holder(), { value }))["value"],
  };
}
