import { type Container, ContainerModule } from "inversify";
import { classOfEntry, type ServiceClassEntry } from "../service/service-entries.js";
import { serviceOf } from "../service/service-of.js";
import { bindOnce } from "./bind-once.js";

/** Under this id a container lists what it was told to serve. */
const servedId = Symbol("services to serve");

/**
 * Returns an inversify module for those who own their container: it binds each service class, once, as a singleton, and
 * `createApp({ container })` serves them. Throws `invalid_argument` where a class is no service.
 */
export function services(...entries: readonly ServiceClassEntry[]): ContainerModule {
  for (const entry of entries) serviceOf(...classOfEntry(entry));
  return new ContainerModule(({ bind, isBound }) => {
    for (const entry of entries) {
      bindOnce({ bind, isBound }, classOfEntry(entry)[0]);
      bind(servedId).toConstantValue(entry);
    }
  });
}

/** Returns what modules made by `services` have put into a container or its parents. */
export function servedBy(container: Container): readonly ServiceClassEntry[] {
  return container.getAll<ServiceClassEntry>(servedId, { optional: true, chained: true });
}
