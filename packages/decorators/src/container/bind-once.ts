import { type Container, injectable, type ServiceIdentifier } from "inversify";
import type { Class } from "../notes/class-ref.js";
import { cannotMake } from "./make-instance.js";

/** Binds a class as a singleton, unless the container's owner has bound it in some way. Returns whether it did. Throws as `makeInstance` rejects. */
export function bindOnce(container: Pick<Container, "bind" | "isBound">, target: Class): boolean {
  makeInjectable(target);
  const id = target as ServiceIdentifier<object>;
  if (container.isBound(id)) return false;
  try {
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
}
