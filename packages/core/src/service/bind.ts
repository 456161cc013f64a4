import type { Handlers } from "../contract/client.js";
import { RpcError } from "../contract/errors.js";
import type { Binding, Handler, ServiceDescriptor } from "../contract/method.js";

/**
 * Binds functions to a service's methods. `handlers` is a plain object of functions, or an instance of a class: methods
 * are called on it. Throws `invalid_argument` / `NO_HANDLER` where a method has no function.
 */
export function bind<T>(service: ServiceDescriptor<T>, handlers: Handlers<T>): Binding {
  const functions = service.methods.map(({ name }) => {
    const handler = (handlers as Readonly<Record<string, unknown>>)[name];
    if (typeof handler !== "function") {
      throw new RpcError("invalid_argument", `bind(${service.name}): no function for its method "${name}"`, {
        reason: "NO_HANDLER",
        processed: "no",
      });
    }
    return handler.bind(handlers) as Handler;
  });
  return Object.freeze({ service, handlers: Object.freeze(functions) });
}
