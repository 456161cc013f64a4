import type { Binding } from "@rpc/core";
import { type Class, isClass, shown } from "../notes/class-ref.js";
import { startUpError } from "../start-up-error.js";

/** A service class under another name than its own, e.g. a second time for another region. Both names are answered by one instance. */
export interface NamedService {
  readonly service: Class;
  readonly name: string;
}

/** A service that the container makes. */
export type ServiceClassEntry = Class | NamedService;

/** What `createApp` serves: `@Service` classes, by their own name or another one, and bindings made by `bind`. */
export type ServiceEntry = ServiceClassEntry | Binding;

/** Whether an entry is a binding, whose handlers need no container. */
export function isBinding(entry: ServiceEntry): entry is Binding {
  return typeof entry === "object" && entry !== null && "handlers" in entry;
}

/** Returns an entry's class, and its name if it is not the class's own. Throws `invalid_argument` / `NO_SERVICE` for anything else. */
export function classOfEntry(entry: ServiceClassEntry): [service: Class, name?: string] {
  if (isClass(entry)) return [entry];
  if (typeof entry === "object" && entry !== null && "service" in entry && isClass(entry.service)) {
    if (typeof entry.name === "string") return [entry.service, entry.name];
    throw startUpError("BAD_OPTION", `services: { service: ${entry.service.name} } wants a name beside it, a string`);
  }
  throw startUpError(
    "NO_SERVICE",
    `services takes classes with @Service, { service, name } and bindings, not ${shown(entry)}`,
  );
}
