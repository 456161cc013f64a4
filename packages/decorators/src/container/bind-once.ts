import { type Container, injectable, injectFromBase, type ServiceIdentifier } from "inversify";
import { type Class, isClass } from "../notes/class-ref.js";
import { cannotMake } from "./make-instance.js";

/** Binds a class as a singleton, unless the container's owner has bound it in some way. Returns whether it did. Throws as `makeInstance` rejects. */
export function bindOnce(container: Pick<Container, "bind" | "isBound">, target: Class): boolean {
  const id = target as ServiceIdentifier<object>;
  try {
    makeInjectable(target);
    if (container.isBound(id)) return false;
    container.bind(id).toSelf().inSingletonScope();
  } catch (error) {
    throw cannotMake(container, target, error);
  }
  return true;
}

/** Makes a class injectable unless it says so itself: `@injectable()` may stand above or below `@Service`, or not at all. */
function makeInjectable(target: Class): void {
  try {
    injectable()(target);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes("@injectable decorator multiple times"))) throw error;
  }
  const parent: unknown = Object.getPrototypeOf(target);
  if (!isClass(parent)) return;
  makeInjectable(parent);
  inherit(target);
}

/** Lets a class have what is injected into its parent, which inversify leaves out unless it is asked for. */
function inherit(target: Class): void {
  if (!hasConstructor(target)) {
    injectFromBase()(target);
    return;
  }
  try {
    injectFromBase({ extendConstructorArguments: false })(target);
  } catch {
    // The parent cannot be made by a container; its child, whose own constructor calls it, perhaps can.
  }
}

/** Only the source tells an implicit constructor, which hands its arguments on, from one that takes none. */
function hasConstructor(target: Class): boolean {
  return target.length > 0 || /\bconstructor\s*\(/.test(Function.prototype.toString.call(target));
}
