import type { Binding, Method, ServiceDescriptor } from "../contract/method.js";
import { badOption } from "./check-options.js";
import { checkMethodName, checkServiceName } from "./names.js";

/** Other names, as options give them. */
export type Alias = string | readonly string[] | undefined;

/** Returns the names that an option `alias` gives. Throws `invalid_argument` / `BAD_OPTION` where it gives something else. */
export function aliasesOf(where: string, alias: Alias): readonly string[] {
  const names: readonly unknown[] = alias === undefined ? [] : Array.isArray(alias) ? alias : [alias];
  for (const name of names)
    if (typeof name !== "string") throw badOption(`${where}: alias must be a name, or an array of names`);
  return Object.freeze(names as string[]);
}

/** Returns a binding under all names of its service, its methods under all of theirs: what a server answers. */
export function underAllNames(binding: Binding): readonly Binding[] {
  const { service } = binding;
  const plain = service.methods.every(({ aliases }) => aliases === undefined);
  if (plain && service.aliases === undefined) return [binding];
  return namesOf(service).map((name) => renamed(binding, name));
}

/** Returns all names of a service, its own first. */
export function namesOf({ name, aliases = [] }: ServiceDescriptor): readonly string[] {
  return [name, ...aliases];
}

function renamed({ service, handlers }: Binding, name: string): Binding {
  checkServiceName(name);
  const taken = new Set(service.methods.map((method) => method.name));
  const methods: Method[] = [];
  const answering: Binding["handlers"][number][] = [];
  const add = (method: Method, own: string): void => {
    const { aliases, ...rest } = method;
    methods.push(Object.freeze({ ...rest, service: name, name: own, path: `/${name}/${own}`, index: methods.length }));
    answering.push(handlers[method.index]!);
  };
  for (const method of service.methods) add(method, method.name);
  for (const method of service.methods) {
    for (const alias of method.aliases ?? []) {
      checkMethodName(name, alias);
      if (taken.has(alias))
        throw badOption(
          `${service.name}.${method.name}: alias "${alias}" is the name of another method, or of an alias`,
        );
      taken.add(alias);
      add(method, alias);
    }
  }
  return Object.freeze({
    service: Object.freeze({ name, methods: Object.freeze(methods) }),
    handlers: Object.freeze(answering),
  });
}
