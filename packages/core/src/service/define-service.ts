import { RpcError } from "../contract/errors.js";
import type { MethodTable } from "../contract/handlers.js";
import type { Method, MethodOptions, ServiceDescriptor } from "../contract/method.js";
import { checkOptions, type OptionKinds } from "./check-options.js";
import { checkMethodName, checkServiceName } from "./names.js";

/** Values are checked below, in the words of the method. */
const kinds = { idempotent: "any", timeoutMs: "any", handlersRunning: "any" } as const satisfies Record<
  keyof MethodOptions,
  OptionKinds[string]
>;
const maxTimeoutMs = 3_600_000;

/**
 * Returns a service's descriptor: its name and the methods that may be called, each with its options, `{}` for none.
 * Throws `invalid_argument` for a name that cannot be, or an option that is not one.
 */
export function defineService<T>(name: string, methods: MethodTable<T>): ServiceDescriptor<T> {
  checkServiceName(name);
  // The table says in types what cannot be mapped; what is left of it are names and options.
  const entries = Object.entries(methods as Readonly<Record<string, MethodOptions>>);
  return Object.freeze({
    name,
    methods: Object.freeze(entries.map(([method, options], index) => describe(name, method, index, options))),
  });
}

function describe(service: string, name: string, index: number, options: MethodOptions): Method {
  checkMethodName(service, name);
  checkOptions(`${service}.${name}`, options, kinds);
  const { idempotent = false, timeoutMs, handlersRunning } = options;
  if (typeof idempotent !== "boolean") throw badOption(service, name, "idempotent", "true or false", idempotent);
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs > 0)) {
    throw badOption(service, name, "timeoutMs", "a number of milliseconds above 0", timeoutMs);
  }
  if (handlersRunning !== undefined && !(Number.isInteger(handlersRunning) && handlersRunning > 0)) {
    throw badOption(service, name, "handlersRunning", "a whole number above 0", handlersRunning);
  }
  return Object.freeze({
    service,
    name,
    path: `/${service}/${name}`,
    index,
    kind: "unary" as const,
    idempotent,
    timeoutMs: Math.min(timeoutMs ?? 0, maxTimeoutMs),
    handlersRunning: handlersRunning ?? 0,
  });
}

function badOption(service: string, method: string, option: string, wanted: string, got: unknown): RpcError {
  return new RpcError("invalid_argument", `${service}.${method}: ${option} must be ${wanted}, not ${String(got)}`, {
    reason: "BAD_OPTION",
    processed: "no",
  });
}
