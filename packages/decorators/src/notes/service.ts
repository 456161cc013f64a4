import "reflect-metadata/lite";
import { checkOptions } from "@rpc/core";
import { startUpError } from "../start-up-error.js";
import { type Class, nameOf, shown } from "./class-ref.js";
import { refuseStandard } from "./standard-decorators.js";

const names = new WeakMap<Class, string>();
const aliases = new WeakMap<Class, readonly string[]>();

/** Options of `@Service`. */
export interface ServiceNoteOptions {
  /** The service's name. Defaults to the class's own, which a minifier may change. */
  readonly name?: string;
  /** One or several other names that it is served under, for clients that know it by one of these. Defaults to none. */
  readonly alias?: string | readonly string[];
}

/**
 * Notes that a class is a service, under the name given or else the class's own name. A minifier may change the latter: give a
 * name to whatever is minified. The note is the class's own: a subclass is a service only with a `@Service` of its own,
 * and then offers also what its parents put `@Method` on.
 *
 * Nothing happens before `createApp`, `services` or `serviceOf` reads the note. The class needs no `@injectable()`, and
 * may have it.
 */
export function Service(note?: string | ServiceNoteOptions): <C extends Class>(target: C) => void {
  if (note !== undefined && typeof note !== "string" && (typeof note !== "object" || note === null)) {
    throw startUpError(
      "BAD_OPTION",
      `@Service takes the service's name, not ${shown(note)}: write @Service() or @Service("Name")`,
    );
  }
  const options = typeof note === "string" ? { name: note } : (note ?? {});
  checkOptions("@Service", options, { name: "string", alias: "any" });
  const { name, alias } = options;
  const others = alias === undefined || typeof alias !== "string" ? alias : [alias];
  if (others !== undefined && !(Array.isArray(others) && others.every((other) => typeof other === "string")))
    throw startUpError("BAD_OPTION", `@Service: alias must be a name or an array of names, not ${shown(alias)}`);
  const decorate = (target: Class, context?: unknown): void => {
    refuseStandard("@Service", context);
    names.set(target, name ?? target.name);
    if (others !== undefined) aliases.set(target, Object.freeze([...others]));
  };
  return decorate;
}

/** Whether a class carries `@Service` itself. */
export function isService(target: Class): boolean {
  return names.has(target);
}

/** Returns the name of a service's class. Throws `invalid_argument` / `NO_SERVICE` where the class carries no `@Service`. */
export function serviceName(target: Class): string {
  const name = names.get(target);
  if (name === undefined) throw startUpError("NO_SERVICE", `${nameOf(target)} is no service: ${missing(target)}`);
  if (name === "") throw startUpError("NO_SERVICE", 'a class without a name is no service: write @Service("Name")');
  return name;
}

/** Returns the other names that a service's class says it has. */
export function serviceAliases(target: Class): readonly string[] | undefined {
  return aliases.get(target);
}

function missing(target: Class): string {
  const parent: unknown = Object.getPrototypeOf(target);
  return typeof parent === "function" && names.has(parent as Class)
    ? `put @Service() on it; that of its parent ${parent.name} does not count for it`
    : "put @Service() on the class";
}
