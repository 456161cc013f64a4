import { RpcError } from "@rpc/core";
import type { Container, ServiceIdentifier } from "inversify";
import { type Class, isClass, nameOf } from "../notes/class-ref.js";
import { startUpError } from "../start-up-error.js";
import { type Bound, whyUnresolved } from "./why-unresolved.js";

/**
 * Returns the container's instance of a class. Rejects with `invalid_argument` where it cannot be made, naming the class
 * and the parameter, or what its constructor threw.
 */
export async function makeInstance(container: Container, target: Class): Promise<object> {
  try {
    return await container.getAsync<object>(target as ServiceIdentifier<object>);
  } catch (error) {
    throw cannotMake(container, target, error);
  }
}

/** As `makeInstance`, for what is asked for later and does not wait. */
export function resolveNow<T>(container: Container, id: ServiceIdentifier<T>): T {
  if (!container.isBound(id)) {
    const name = isClass(id) ? nameOf(id) : String(id);
    throw startUpError(
      "UNRESOLVED",
      `nothing provides ${name}: list it in clients, or bind it in a container of your own, createApp({ container })`,
    );
  }
  try {
    return container.get(id);
  } catch (error) {
    throw isClass(id) ? cannotMake(container, id, error) : error;
  }
}

/** Returns what to say where inversify, or a constructor that it called, threw. */
export function cannotMake(bound: Bound, target: Class, error: unknown): RpcError {
  if (error instanceof RpcError) {
    return startUpError(error.reason, `${nameOf(target)} could not be made: ${error.message}`, error);
  }
  const why = whyUnresolved(bound, target, error);
  if (why !== undefined) return startUpError("UNRESOLVED", why, error);
  const message = error instanceof Error ? error.message : String(error);
  return startUpError(
    "CONSTRUCTOR_FAILED",
    `${nameOf(target)} could not be made: its constructor, or that of something it depends on, threw: ${message}`,
    error,
  );
}
