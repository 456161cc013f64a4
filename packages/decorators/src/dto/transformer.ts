import type { ClassTransformOptions, instanceToPlain, plainToInstance } from "class-transformer";
import type { MetadataStorage } from "class-transformer/types/MetadataStorage.js";
import { type Class, chainOf } from "../notes/class-ref.js";

/** The two ways between plain data and instances, by class-transformer's numbers (`TransformationType`). */
export const toInstanceWay = 0;
export const toPlainWay = 1;
export type Way = typeof toInstanceWay | typeof toPlainWay;

/** What `@Type` wrote down of a property. */
export interface TypeNote {
  readonly reflectedType: unknown;
  readonly typeFunction: ((options?: object) => unknown) | undefined;
  readonly options: { readonly discriminator?: unknown } | undefined;
}

/** Options that class-transformer's own functions hand to each `@Transform` where a caller gives none. */
export type TransformOptions = ClassTransformOptions;

/** class-transformer, as far as it is used: its two functions, and what its decorators wrote down. */
export interface Transformer {
  readonly plainToInstance: typeof plainToInstance;
  readonly instanceToPlain: typeof instanceToPlain;
  readonly storage: MetadataStorage;
  readonly defaults: TransformOptions;
}

let loaded: Promise<Transformer> | undefined;

/** Imports class-transformer, which takes about 30 ms, the first time it is called. */
export function loadTransformer(): Promise<Transformer> {
  loaded ??= load();
  return loaded;
}

/** Whether class-transformer has a decorated class in this process at all. */
export function knowsClasses({ storage }: Transformer): boolean {
  return tablesOf(storage).some((table) => table.size > 0);
}

/** Whether a class or one of its parents carries a decorator of class-transformer. */
export function isDecorated({ storage }: Transformer, target: Class): boolean {
  return chainOf(target).some((ancestor) => tablesOf(storage).some((table) => table.has(ancestor)));
}

/** Returns the names of the properties that decorators of a class or its parents stand on. */
export function decoratedNames({ storage }: Transformer, target: Class): ReadonlySet<string> {
  const names = new Set<string>();
  for (const ancestor of chainOf(target)) {
    for (const table of tablesOf(storage)) {
      for (const name of table.get(ancestor)?.keys() ?? []) if (name !== undefined) names.add(name);
    }
  }
  return names;
}

type Table = ReadonlyMap<unknown, ReadonlyMap<string | undefined, unknown>>;

/** The storage has no public list of what is in it; the version is pinned, and a property test compares all that is read. */
interface Tables {
  readonly _typeMetadatas: Table;
  readonly _transformMetadatas: Table;
  readonly _exposeMetadatas: Table;
  readonly _excludeMetadatas: Table;
}

function tablesOf(storage: MetadataStorage): readonly Table[] {
  const { _typeMetadatas, _transformMetadatas, _exposeMetadatas, _excludeMetadatas } = storage as unknown as Tables;
  return [_typeMetadatas, _transformMetadatas, _exposeMetadatas, _excludeMetadatas];
}

async function load(): Promise<Transformer> {
  // All are parts of one CommonJS copy, the one that users' decorators write to.
  const [{ plainToInstance, instanceToPlain }, { defaultMetadataStorage }, { defaultOptions }] = await Promise.all([
    import("class-transformer"),
    import("class-transformer/cjs/storage.js"),
    import("class-transformer/cjs/constants/default-options.constant.js"),
  ]);
  return {
    plainToInstance,
    instanceToPlain,
    storage: defaultMetadataStorage,
    defaults: Object.freeze({ ...defaultOptions }),
  };
}
