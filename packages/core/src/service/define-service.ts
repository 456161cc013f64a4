import { RpcError } from "../contract/errors.js";
import { failModes } from "../contract/fail-mode.js";
import type { MethodTable } from "../contract/handlers.js";
import type { Method, MethodOptions, ServiceDescriptor, StreamForm } from "../contract/method.js";
import { aliasesOf } from "./aliases.js";
import { checkOptions, type OptionKinds } from "./check-options.js";
import { checkMethodName, checkServiceName } from "./names.js";

/** Values are checked below, in the words of the method. */
const kinds = {
  idempotent: "any",
  timeoutMs: "any",
  handlersRunning: "any",
  stream: ["server", "client", "duplex"],
  streamAs: "any",
  key: "any",
  failMode: failModes,
  alias: "any",
  schemaHash: "any",
} as const satisfies Record<keyof MethodOptions, OptionKinds[string]>;
const maxTimeoutMs = 3_600_000;
/** What a timer can wait for, about 24 days: of calls that may be open for long. */
const maxStreamTimeoutMs = 2 ** 31 - 1;
/** Zero is what says on the wire that none is known. */
const hash = /^(?!0+$)[0-9a-f]{16}$/;
const forms: readonly unknown[] = ["iterable", "readable", "web"] satisfies readonly StreamForm[];

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
  const {
    idempotent = false,
    timeoutMs,
    handlersRunning,
    stream,
    streamAs,
    key,
    failMode,
    alias,
    schemaHash,
  } = options;
  if (typeof idempotent !== "boolean") throw badOption(service, name, "idempotent", "true or false", idempotent);
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs > 0)) {
    throw badOption(service, name, "timeoutMs", "a number of milliseconds above 0", timeoutMs);
  }
  if (handlersRunning !== undefined && !(Number.isInteger(handlersRunning) && handlersRunning > 0)) {
    throw badOption(service, name, "handlersRunning", "a whole number above 0", handlersRunning);
  }
  if (streamAs !== undefined) checkForms(service, name, options);
  if (key !== undefined && typeof key !== "function") {
    throw badOption(service, name, "key", "a function of the arguments", key);
  }
  if (schemaHash !== undefined && !(typeof schemaHash === "string" && hash.test(schemaHash))) {
    throw badOption(service, name, "schemaHash", "16 hex digits in lower case, not all 0", schemaHash);
  }
  return Object.freeze({
    service,
    name,
    path: `/${service}/${name}`,
    index,
    kind: stream ?? "unary",
    idempotent,
    timeoutMs: Math.min(timeoutMs ?? 0, stream === undefined ? maxTimeoutMs : maxStreamTimeoutMs),
    handlersRunning: handlersRunning ?? 0,
    ...(streamAs === undefined ? {} : { streamAs: Array.isArray(streamAs) ? Object.freeze([...streamAs]) : streamAs }),
    ...(key === undefined ? {} : { keyOf: key }),
    ...(failMode === undefined ? {} : { failMode }),
    ...(alias === undefined ? {} : { aliases: aliasesOf(`${service}.${name}`, alias) }),
    ...(schemaHash === undefined ? {} : { schemaHash }),
  });
}

function checkForms(service: string, name: string, { stream, streamAs }: MethodOptions): void {
  const wanted = '"iterable", "readable" or "web", or an array of these';
  const list: readonly unknown[] = Array.isArray(streamAs) ? streamAs : [streamAs];
  const wrong = list.findIndex((form) => !forms.includes(form));
  if (wrong >= 0) throw badOption(service, name, "streamAs", wanted, list[wrong]);
  if (stream === "client" || stream === "duplex") return;
  throw badOption(service, name, "streamAs", 'left out, or beside stream: "client" or "duplex"', list.join());
}

function badOption(service: string, method: string, option: string, wanted: string, got: unknown): RpcError {
  return new RpcError("invalid_argument", `${service}.${method}: ${option} must be ${wanted}, not ${String(got)}`, {
    reason: "BAD_OPTION",
    processed: "no",
  });
}
