import { constants } from "node:os";
import { checkOptions, type OptionKinds, RpcError } from "@rpc/core";
import { logLevels } from "../logging/levels.js";
import { isClass, shown } from "../notes/class-ref.js";
import { startUpError } from "../start-up-error.js";
import type { AppConnectOptions, AppOptions, AppServeOptions } from "./app-options.js";

type Kinds<T> = { readonly [K in keyof T]-?: OptionKinds[string] };

const kinds: Kinds<AppOptions> = {
  services: "list",
  clients: "list",
  container: "object",
  listen: "any",
  advertise: "string",
  insecure: "boolean",
  registry: "object",
  balancer: "function",
  ambient: "boolean",
  logger: "any",
  signals: "any",
  contract: "object",
  validate: "boolean",
  serve: "object",
  connect: "object",
  cluster: "string",
  instance: "string",
  codecs: "list",
  errors: "list",
  compression: "any",
  transports: "object",
  limits: "object",
  keepAlive: "object",
  clock: "object",
  random: "function",
};

const serveKinds: Kinds<AppServeOptions> = {
  weight: "number",
  tags: "object",
  group: "string",
  zone: "string",
  version: "string",
  latitude: { from: -90, to: 90 },
  longitude: { from: -180, to: 180 },
  interceptors: "list",
  admissions: "list",
  authenticate: "function",
  authorize: "function",
  onConnect: "function",
  handlersRunning: "count",
  waitQueueEntries: "count",
  waitQueueBytes: "count",
  connections: "count",
  streams: "count",
  partialBytes: "count",
  unsentBytes: "count",
  drainMs: "number",
  peerCalls: "object",
  reflection: "boolean",
};

const connectKinds: Kinds<AppConnectOptions> = {
  serve: "any",
  timeoutMs: "number",
  interceptors: "list",
  retry: "any",
  throttle: "any",
  waitForReady: "boolean",
  connections: "count",
  ejection: "any",
  warmUpMs: "number",
  subset: "count",
  subsetIndex: "number",
  whenFull: ["evict", "refuse", "wait"],
  connectMs: "count",
  backoff: "object",
  credentials: "any",
  insecure: "boolean",
  onConnect: "function",
};

/** Throws `invalid_argument` / `BAD_OPTION` unless all options are known, of the right kind, and fit together. */
export function checkAppOptions(options: AppOptions): void {
  if (typeof options !== "object" || options === null)
    throw badOption(`createApp wants an object of options, not ${shown(options)}`);
  hintAt(options);
  checkOptions("createApp", options, kinds);
  checkOptions("createApp: serve", options.serve ?? {}, serveKinds);
  checkOptions("createApp: connect", options.connect ?? {}, connectKinds);
  checkOffered(options);
  for (const entry of options.clients ?? []) {
    if (!isClass(entry)) throw badOption(`createApp: clients takes classes to make, not ${shown(entry)}`);
  }
  checkShape(
    "registry",
    options.registry,
    ["register", "watch", "close"],
    "a Registry, such as fileRegistry() returns",
  );
  checkShape("container", options.container, ["bind", "getAsync"], "a Container of inversify");
  checkLogger(options.logger);
  checkSignals(options.signals);
}

/** Who listens nowhere has no server that options could be for. */
function checkOffered({ listen, advertise, serve, connect }: AppOptions): void {
  if (listen !== undefined && listen !== false && typeof listen !== "string")
    throw badOption(`createApp: listen must be a string, or false, not ${shown(listen)}`);
  const offered = connect?.serve;
  if (offered !== undefined && typeof offered !== "boolean" && (typeof offered !== "object" || offered === null))
    throw badOption(`createApp: connect.serve must be true, false or an object of options, not ${shown(offered)}`);
  if (listen !== false) return;
  if (advertise !== undefined)
    throw badOption("createApp: advertise is given, but listen is false: leave one of them out");
  if (serve !== undefined)
    throw badOption("createApp: serve is for a server, and listen is false: write connect: { serve: { … } }");
  if (offered === false)
    throw badOption("createApp: listen and connect.serve are both false: nobody could call what is served");
}

/** Names that people try, and where the option is. */
function hintAt(options: object): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(kinds, name)) continue;
    const group = [
      ["serve", serveKinds],
      ["connect", connectKinds],
    ].filter(([, table]) => Object.hasOwn(table as object, name));
    if (group.length === 0) continue;
    throw badOption(
      `createApp has no option "${name}"; write ${group.map(([where]) => `${where}: { ${name} }`).join(" or ")}`,
    );
  }
  if ("services" in options && options.services instanceof Promise) {
    throw badOption("createApp: services must be an array, not a promise of one: write `await scan(...)`");
  }
}

function checkShape(name: string, value: object | undefined, methods: readonly string[], wanted: string): void {
  if (value === undefined) return;
  const missing = methods.find((method) => typeof Reflect.get(value, method) !== "function");
  if (missing !== undefined)
    throw badOption(`createApp: ${name} must be ${wanted}; what was given has no method ${missing}`);
}

function checkLogger(logger: unknown): void {
  if (logger === undefined || logger === false || logLevels.includes(logger as never)) return;
  if (typeof logger === "object" && logger !== null) {
    checkShape("logger", logger, ["debug", "info", "warn", "error"], "a logger");
    return;
  }
  throw badOption(
    `createApp: logger must be a logger, false, or one of ${logLevels.map((level) => `"${level}"`).join(", ")}, not ${shown(logger)}`,
  );
}

function checkSignals(signals: unknown): void {
  if (signals === undefined || signals === false) return;
  if (Array.isArray(signals) && signals.every((name) => Object.hasOwn(constants.signals, name))) return;
  throw badOption('createApp: signals must be false, or an array of names such as ["SIGTERM", "SIGINT"]');
}

function badOption(message: string): RpcError {
  return startUpError("BAD_OPTION", message);
}
