import type { Handlers } from "../contract/client.js";
import { RpcError } from "../contract/errors.js";
import type { Binding, Handler, ServiceDescriptor, StreamForm } from "../contract/method.js";
import { streamIn } from "../items/byte-target.js";
import { isStream } from "../items/is-stream.js";
import { aliasesOf } from "./aliases.js";
import { checkOptions } from "./check-options.js";

export interface BindOptions {
  /** One or several other names that the service answers by, for clients that know it by one of these. Defaults to none. */
  readonly alias?: string | readonly string[];
}

/**
 * Binds functions to a service's methods. `handlers` is a plain object of functions, or an instance of a class: methods
 * are called on it. Under each alias the service is registered, too. Throws `invalid_argument` / `NO_HANDLER` where a method has no function.
 */
export function bind<T>(service: ServiceDescriptor<T>, handlers: Handlers<T>, options: BindOptions = {}): Binding {
  checkOptions(`bind(${service.name})`, options, { alias: "any" });
  const aliases = [...(service.aliases ?? []), ...aliasesOf(`bind(${service.name})`, options.alias)];
  const functions = service.methods.map(({ name, streamAs }) => {
    const handler = (handlers as Readonly<Record<string, unknown>>)[name];
    if (typeof handler !== "function") {
      throw new RpcError("invalid_argument", `bind(${service.name}): no function for its method "${name}"`, {
        reason: "NO_HANDLER",
        processed: "no",
      });
    }
    const bound = handler.bind(handlers) as Handler;
    return streamAs === undefined ? bound : withForms(bound, streamAs);
  });
  const named = aliases.length === 0 ? service : Object.freeze({ ...service, aliases: Object.freeze(aliases) });
  return Object.freeze({ service: named, handlers: Object.freeze(functions) });
}

/** Gives a handler its argument streams in the form that it declares. */
function withForms(handler: Handler, forms: StreamForm | readonly StreamForm[]): Handler {
  return (...input: unknown[]): unknown => {
    for (const [index, value] of input.entries()) {
      const form = typeof forms === "string" ? forms : (forms[index] ?? "iterable");
      if (isStream(value)) input[index] = streamIn(form, value);
    }
    return handler(...(input as never[]));
  };
}
