import { type Class, chainOf, isClass, nameOf } from "../notes/class-ref.js";
import { startUpError } from "../start-up-error.js";
import { decoratedNames, type Transformer, type TypeNote, toInstanceWay, type Way } from "./transformer.js";

type Transform = (params: object) => unknown;

/** What happens to one key of an object on its way. */
export interface FieldPlan {
  /** The property that receives it. */
  readonly to: string;
  /** The class that `@Type` names. */
  readonly type: Class | undefined;
  /** The functions of `@Transform`, in the order in which they run. */
  readonly transforms: readonly Transform[];
}

/** A class as class-transformer's decorators describe it, read once for each way. */
export interface ClassPlan {
  /** Whether keys without `@Expose` go along. */
  readonly all: boolean;
  /** Keys that go along in any case, also where the object lacks them. */
  readonly exposed: readonly string[];
  /** By the object's key, those that are left out being absent from `exposed` and listed in `dropped`. */
  readonly fields: ReadonlyMap<string, FieldPlan>;
  readonly dropped: ReadonlySet<string>;
}

/**
 * Returns the plan of a class, or undefined where it uses what only class-transformer itself can do: discriminators,
 * a `@Type` that depends on the object, and collections other than arrays. Throws `invalid_argument` / `BAD_DTO` where a
 * `@Type` names nothing.
 */
export function planOf(transformer: Transformer, target: Class, way: Way): ClassPlan | undefined {
  const { storage } = transformer;
  const strategy = storage.getStrategy(target);
  const dropped = new Set(storage.getExcludedProperties(target, way));
  const exposed = new Set<string>();
  for (const name of storage.getExposedProperties(target, way)) {
    const key = way === toInstanceWay ? (storage.findExposeMetadata(target, name)?.options.name ?? name) : name;
    exposed.add(key === "" ? name : key);
  }
  const fields = new Map<string, FieldPlan>();
  for (const key of keysOf(transformer, target, exposed)) {
    if ((storage.findExposeMetadata(target, key)?.options.groups?.length ?? 0) > 0) dropped.add(key);
    const field = fieldOf(transformer, target, key, way);
    if (field === undefined) return undefined;
    fields.set(key, field);
  }
  const kept = [...exposed].filter((key) => !dropped.has(key));
  return { all: strategy !== "excludeAll", exposed: kept, fields, dropped };
}

/** Keys of which something is to be known beforehand; all others are copied as they are. */
function keysOf(transformer: Transformer, target: Class, exposed: ReadonlySet<string>): ReadonlySet<string> {
  const keys = new Set([...exposed, ...decoratedNames(transformer, target)]);
  // A name that `@Expose` gives counts on the way in, also where it was meant for the way out alone.
  for (const { options } of transformer.storage.getExposedMetadatas(target)) if (options.name) keys.add(options.name);
  for (const prototype of chainOf(target.prototype)) {
    for (const name of Object.getOwnPropertyNames(prototype)) keys.add(name);
  }
  // As class-transformer has it: neither is ever copied.
  keys.delete("__proto__");
  keys.delete("constructor");
  return keys;
}

function fieldOf(transformer: Transformer, target: Class, key: string, way: Way): FieldPlan | undefined {
  const { storage } = transformer;
  const renamed = way === toInstanceWay ? storage.findExposeMetadataByCustomName(target, key)?.propertyName : undefined;
  const property = renamed ?? key;
  const custom = way === toInstanceWay ? undefined : storage.findExposeMetadata(target, key)?.options.name;
  const to = way === toInstanceWay ? property : custom === undefined || custom === "" ? key : custom;
  const note = storage.findTypeMetadata(target, property) as TypeNote | undefined;
  if (note !== undefined && !isSimple(note)) return undefined;
  const transforms = storage
    .findTransformMetadatas(target, way === toInstanceWay ? to : key, way)
    .filter(({ options }) => (options?.groups?.length ?? 0) === 0)
    .map(({ transformFn }) => transformFn as Transform);
  return {
    to,
    type: note === undefined ? undefined : typeOf(note, `${nameOf(target)}.${property}`),
    transforms,
  };
}

/** Whether arrays and single objects are all there is, of a class that does not depend on the object. */
function isSimple({ options, reflectedType, typeFunction }: TypeNote): boolean {
  if (options?.discriminator !== undefined || isCollection(reflectedType)) return false;
  if (typeFunction === undefined) return reflectedType !== Array;
  if (looksAtObject(typeFunction)) return false;
  const type = typeFunction({});
  return type !== Array && !isCollection(type);
}

/** Whether class-transformer would make something else than an array of an array. */
function isCollection(type: unknown): boolean {
  if (!isClass(type) || type === (Array as unknown)) return false;
  const { prototype } = type as { prototype: object };
  return (
    prototype instanceof Map ||
    prototype instanceof Set ||
    type === (Map as unknown) ||
    type === (Set as unknown) ||
    "push" in prototype
  );
}

/** Whether a type function reads the object that it is asked for: `(type) => Item` takes it and does not. */
function looksAtObject(typeFunction: (options: object) => unknown): boolean {
  let looked = false;
  const look = (): undefined => {
    looked = true;
  };
  const options = Object.defineProperties(
    {},
    { object: { get: look }, newObject: { get: look }, property: { get: look } },
  );
  try {
    typeFunction(options);
  } catch (error) {
    if (!looked) throw error;
  }
  return looked;
}

function typeOf({ typeFunction, reflectedType }: TypeNote, where: string): Class {
  const type = typeFunction === undefined ? reflectedType : typeFunction({});
  if (isClass(type)) return type;
  throw startUpError(
    "BAD_DTO",
    typeFunction === undefined
      ? `@Type() on ${where} has no function, and the build tool has emitted no type for it: write @Type(() => TheClass)`
      : `@Type on ${where} gives ${String(type)}, which is no class: is it exported, and is its module free of import circles?`,
  );
}
