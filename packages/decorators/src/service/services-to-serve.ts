import type { Binding, ServiceDescriptor } from "@rpc/core";
import { type Class, nameOf } from "../notes/class-ref.js";
import { startUpError } from "../start-up-error.js";
import { classOfEntry, isBinding, type ServiceEntry } from "./service-entries.js";
import { serviceOf } from "./service-of.js";

/** A service, and what answers it: an instance of a class that is still to be made, or a binding. */
export type ServiceToServe =
  | { readonly descriptor: ServiceDescriptor; readonly service: Class; readonly binding?: undefined }
  | { readonly descriptor: ServiceDescriptor; readonly service?: undefined; readonly binding: Binding };

/**
 * Returns what entries stand for; one that is given twice counts once. Throws `invalid_argument` where an entry is no
 * service, and with `DUPLICATE_SERVICE` where two have one name.
 */
export function servicesToServe(entries: readonly ServiceEntry[]): readonly ServiceToServe[] {
  const found = new Map<string, ServiceToServe>();
  for (const entry of entries) {
    const next = toServe(entry);
    const { name } = next.descriptor;
    const before = found.get(name);
    if (before === undefined) found.set(name, next);
    else if (before.service !== next.service || before.binding !== next.binding) throw duplicate(name, before, next);
  }
  return [...found.values()];
}

function toServe(entry: ServiceEntry): ServiceToServe {
  if (isBinding(entry)) return { descriptor: entry.service, binding: entry };
  const [service, name] = classOfEntry(entry);
  return { descriptor: serviceOf(service, name), service };
}

function duplicate(name: string, first: ServiceToServe, second: ServiceToServe): Error {
  return startUpError(
    "DUPLICATE_SERVICE",
    `two services are called "${name}", ${words(first)} and ${words(second)}: give one of them another name, ` +
      `with @Service("OtherName") or, in services, { service: TheClass, name: "OtherName" }`,
  );
}

function words({ service }: ServiceToServe): string {
  return service === undefined ? "a binding" : `the class ${nameOf(service)}`;
}
