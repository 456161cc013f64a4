import { type Class, isClass, nameOf } from "../notes/class-ref.js";
import { namedBy } from "../notes/dto.js";
import { emittedParameters } from "../notes/emitted-types.js";
import type { MethodNote } from "../notes/method.js";
import { startUpError } from "../start-up-error.js";
import { isDecorated, type Transformer } from "./transformer.js";

/** The classes of a method's arguments and answer; undefined: plain data. */
export interface MethodClasses {
  readonly input: readonly (Class | undefined)[];
  readonly output: Class | undefined;
}

/**
 * Returns the classes that a method names, or else, for its arguments, those that the build tool emitted and that carry
 * decorators of class-transformer, or that `isValidated` knows. Throws `invalid_argument` / `BAD_DTO` where one of them is none.
 */
export function classesOf(
  transformer: Transformer,
  service: Class,
  method: string,
  note: MethodNote,
  isValidated: (target: Class) => boolean,
): MethodClasses {
  const where = `${nameOf(service)}.${method}`;
  const { input, output } = note.options;
  return {
    input:
      input === undefined
        ? inferred(
            (type) => isDecorated(transformer, type) || isValidated(type),
            where,
            emittedParameters(note.prototype, method) ?? [],
          )
        : input.map((entry, index) => (entry === undefined ? undefined : named(entry, where, `input[${index}]`))),
    output: output === undefined ? undefined : named(output, where, "output"),
  };
}

/**
 * Throws `invalid_argument` / `NO_METADATA` where a method takes arguments of which nothing is known, though there are
 * (`areClasses`) classes that could be theirs: they would silently stay plain data.
 */
export function refuseStripped(areClasses: boolean, service: Class, method: string, note: MethodNote): void {
  if (note.options.input !== undefined || emittedParameters(note.prototype, method) !== undefined) return;
  const code: unknown = service.prototype[method];
  if (typeof code !== "function" || code.length === 0 || !areClasses) return;
  const where = `${nameOf(service)}.${method}`;
  throw startUpError(
    "NO_METADATA",
    `${where}: ${buildTool()} has removed the types of its arguments, so that their classes are not known: ` +
      'build with tsc and "emitDecoratorMetadata": true (swc: jsc.transform.decoratorMetadata), ' +
      `or name the classes, @Method({ input: [() => TheClass] }), with undefined for plain data and [] for none`,
  );
}

/** Throws `invalid_argument` / `BAD_DTO` where a class of an argument cannot be made without arguments of its own, as every call would. */
export function refuseUnmakeable(where: string, { input }: MethodClasses): void {
  for (const type of input) {
    if (type === undefined) continue;
    try {
      new (type as new () => object)();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw startUpError(
        "BAD_DTO",
        `${where}: ${nameOf(type)} cannot be made for an argument, because its constructor wants arguments: without any it throws ${message}`,
        error,
      );
    }
  }
}

function inferred(isDto: (type: Class) => boolean, where: string, types: readonly unknown[]): (Class | undefined)[] {
  return types.map((type, index) => {
    if (type === undefined) throw notLoaded(where, index);
    return isClass(type) && isDto(type) ? type : undefined;
  });
}

function named(entry: unknown, where: string, place: string): Class {
  const type = namedBy(entry);
  if (isClass(type)) return type;
  const what = type === undefined ? "undefined" : type === null ? "null" : `a ${typeof type}`;
  throw startUpError(
    "BAD_DTO",
    type === undefined
      ? `${where}: ${place} names a class that is undefined: is it exported, and does its module import this one in a circle?`
      : `${where}: ${place} gives ${what}, which is no class: write () => TheClass, or arrayOf(() => TheClass)`,
  );
}

function notLoaded(where: string, index: number): Error {
  return startUpError(
    "BAD_DTO",
    `${where}: the class of argument ${index} was not there yet when the types were emitted, because modules import each other in a circle: ` +
      "name it in @Method({ input: [...] }) as a function, () => TheClass",
  );
}

/** Node's own arguments tell the loaders that run TypeScript without a build. */
function buildTool(): string {
  const loader = /\b(tsx|esbuild|swc|ts-node)\b/.exec(process.execArgv.join(" "))?.[1];
  return loader ?? "the build tool (esbuild, tsx, and swc or Vite unless told otherwise)";
}
