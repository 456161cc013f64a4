import { RpcError, type ServiceDescriptor } from "@rpc/core";
import type { Container, ServiceIdentifier } from "inversify";
import { type Class, isClass, shown } from "../notes/class-ref.js";
import { type ClientWish, wishesSince } from "../notes/inject-client.js";
import { serviceOf } from "../service/service-of.js";
import { startUpError } from "../start-up-error.js";
import { bindOnce } from "./bind-once.js";

/** What an app puts into a container, and takes out again. */
export interface AppBindings {
  /** Binds a class as a singleton, unless the container's owner has bound it. Throws as `makeInstance` rejects. */
  bindOnce(target: Class): void;
  /** Provides clients for the classes that were loaded since the last time. */
  provideClients(): void;
  /** Takes all of it out, the last first; `@preDestroy` methods of what was made are awaited. */
  withdraw(): Promise<void>;
}

/**
 * Lets a container resolve every `@InjectClient` of the process to what `clientOf` returns. Throws `invalid_argument` /
 * `CONTAINER_IN_USE` where another app does so already.
 */
export function createAppBindings(container: Container, clientOf: (service: ServiceDescriptor) => object): AppBindings {
  const bound: ServiceIdentifier[] = [];
  let known = 0;
  const provide = ({ id, place, target }: ClientWish): void => {
    container.bind(id).toDynamicValue(() => clientOf(descriptorOf(target(), place)));
    bound.push(id);
  };
  const bindings: AppBindings = {
    bindOnce(target) {
      if (bindOnce(container, target)) bound.push(target as ServiceIdentifier);
    },
    provideClients() {
      const wishes = wishesSince(known);
      if (wishes.some(({ id }) => container.isCurrentBound(id))) throw inUse();
      known += wishes.length;
      for (const wish of wishes) provide(wish);
    },
    async withdraw() {
      for (const id of bound.splice(0).reverse()) await container.unbindAsync(id);
    },
  };
  bindings.provideClients();
  return bindings;
}

function inUse(): RpcError {
  return startUpError(
    "CONTAINER_IN_USE",
    "the container belongs to another app, which has not been stopped: give each app a container of its own",
  );
}

function descriptorOf(target: unknown, place: string): ServiceDescriptor {
  try {
    if (isClass(target)) return serviceOf(target as Class);
  } catch (error) {
    throw error instanceof RpcError
      ? startUpError(error.reason, `@InjectClient on ${place}: ${error.message}`, error)
      : error;
  }
  if (typeof target === "object" && target !== null && "methods" in target) return target as ServiceDescriptor;
  throw startUpError(
    "BAD_INJECTION",
    target === undefined
      ? `@InjectClient on ${place}: the function returns undefined: is the service exported?`
      : `@InjectClient on ${place} wants a class with @Service, or a descriptor, not ${shown(target)}`,
  );
}
