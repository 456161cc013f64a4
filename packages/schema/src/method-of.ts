import type { MethodContract, ServiceContract } from "./contract.js";

/** Returns the method that answers by a name, its own or another one, with its own name; undefined where none does. */
export function methodOf(
  { methods }: ServiceContract,
  name: string,
): { readonly name: string; readonly method: MethodContract } | undefined {
  if (Object.hasOwn(methods, name)) return { name, method: methods[name]! };
  const found = Object.entries(methods).find(([, { alias }]) => alias?.includes(name));
  return found && { name: found[0], method: found[1] };
}
