import "reflect-metadata/lite";
import { startUpError } from "../start-up-error.js";
import { type Class, nameOf, shown } from "./class-ref.js";
import { refuseStandard } from "./standard-decorators.js";

const names = new WeakMap<Class, string>();

/**
 * Notes that a class is a service, under `name` or else the class's own name. A minifier may change the latter: give a
 * name to whatever is minified. The note is the class's own: a subclass is a service only with a `@Service` of its own,
 * and then offers also what its parents put `@Method` on.
 *
 * Nothing happens before `createApp`, `services` or `serviceOf` reads the note. The class needs no `@injectable()`, and
 * may have it.
 */
export function Service(name?: string): <C extends Class>(target: C) => void {
  if (name !== undefined && typeof name !== "string") {
    throw startUpError(
      "BAD_OPTION",
      `@Service takes the service's name, not ${shown(name)}: write @Service() or @Service("Name")`,
    );
  }
  const decorate = (target: Class, context?: unknown): void => {
    refuseStandard("@Service", context);
    names.set(target, name ?? target.name);
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

function missing(target: Class): string {
  const parent: unknown = Object.getPrototypeOf(target);
  return typeof parent === "function" && names.has(parent as Class)
    ? `put @Service() on it; that of its parent ${parent.name} does not count for it`
    : "put @Service() on the class";
}
