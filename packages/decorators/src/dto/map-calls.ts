import type { Binding, Handler, Invoke } from "@rpc/core";
import type { MethodMapping, ServiceMappings } from "./method-mapping.js";

/** Returns the binding with handlers that get instances and answer plain data. */
export function mapHandlers({ service, handlers }: Binding, mappings: ServiceMappings | undefined): Binding {
  if (mappings === undefined) return { service, handlers };
  return { service, handlers: handlers.map((handler, index) => mapHandler(handler, mappings[index]!)) };
}

/** Returns the invoke of a client that sends plain data and gets instances. */
export function mapCalls(invoke: Invoke, mappings: ServiceMappings | undefined): Invoke {
  if (mappings === undefined) return invoke;
  return (call) => {
    const { send, accept } = mappings[call.method.index]!;
    call.input = send(call.input);
    return accept === undefined ? invoke(call) : invoke(call).then(accept);
  };
}

function mapHandler(handler: Handler, { receive, answer }: MethodMapping): Handler {
  return (...input: unknown[]): unknown => {
    const output: unknown = handler(...(receive(input) as never[]));
    return isThenable(output) ? output.then(answer) : answer(output);
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
