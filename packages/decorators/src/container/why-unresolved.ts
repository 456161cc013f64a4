import "reflect-metadata/lite";
import { type Container, LazyServiceIdentifier, type ServiceIdentifier } from "inversify";
import { type Class, isClass, nameOf } from "../notes/class-ref.js";

/** What inversify keeps of a constructor's parameter or a property. Read for messages only: all of it may be missing. */
interface Wanted {
  readonly value?: unknown;
  readonly optional?: boolean;
}

/** Who knows what is bound. */
export type Bound = Pick<Container, "isBound">;

interface ClassMetadata {
  readonly constructorArguments?: readonly (Wanted | undefined)[];
  readonly properties?: ReadonlyMap<string | symbol, Wanted>;
}

/**
 * Returns, for an error of inversify's, which parameter of which class could not be filled and what to do, or
 * undefined where the error is not inversify's.
 */
export function whyUnresolved(bound: Bound, target: Class, error: unknown): string | undefined {
  if (!isInversifyError(error)) return undefined;
  return missing(bound, target, new Set()) ?? `${nameOf(target)} could not be made: ${firstParagraph(error.message)}`;
}

function missing(bound: Bound, target: Class, seen: Set<Class>): string | undefined {
  if (seen.has(target)) return undefined;
  seen.add(target);
  const metadata: ClassMetadata = Reflect.getOwnMetadata("@inversifyjs/core/classMetadataReflectKey", target) ?? {};
  const parameters = metadata.constructorArguments ?? [];
  for (let index = 0; index < Math.max(target.length, parameters.length); index++) {
    const wanted = parameters[index];
    if (wanted === undefined) {
      return `parameter ${index} of ${nameOf(target)}'s constructor says neither by a decorator nor by its type what it wants: put @InjectClient(TheService) or @inject(something) on it`;
    }
    const why = unfilled(bound, wanted, `parameter ${index} of ${nameOf(target)}'s constructor`, seen);
    if (why !== undefined) return why;
  }
  for (const [name, wanted] of metadata.properties ?? []) {
    const why = unfilled(bound, wanted, `property ${String(name)} of ${nameOf(target)}`, seen);
    if (why !== undefined) return why;
  }
  // Without a constructor of its own a class is made by its parent's.
  const parent: unknown = Object.getPrototypeOf(target);
  return target.length === 0 && isClass(parent) ? missing(bound, parent, seen) : undefined;
}

function unfilled(bound: Bound, { value, optional }: Wanted, where: string, seen: Set<Class>): string | undefined {
  const id: unknown = LazyServiceIdentifier.is(value) ? value.unwrap() : value;
  if (id === undefined || optional === true) return undefined;
  if (bound.isBound(id as ServiceIdentifier)) return isClass(id) ? missing(bound, id, seen) : undefined;
  const name = isClass(id) ? nameOf(id) : String(id);
  const fix = isClass(id)
    ? `bind it in a container of your own, createApp({ container }), or list it in clients; if it is a service to be called, write @InjectClient(${name})`
    : "bind it in a container of your own, createApp({ container })";
  return `${where} wants ${name}, which nothing provides: ${fix}`;
}

function isInversifyError(error: unknown): error is Error {
  return error instanceof Error && error.constructor.name.startsWith("Inversify");
}

function firstParagraph(message: string): string {
  return message.split("\n\n", 1)[0]!.replace(/\s+/g, " ");
}
