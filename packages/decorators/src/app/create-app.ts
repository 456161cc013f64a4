import { randomUUID } from "node:crypto";
import { p2cPeakEwma } from "@rpc/balancer";
import { type Binding, bind, connect, type Interceptor, type Logger, type ServeOptions, silent } from "@rpc/core";
import { fileRegistry } from "@rpc/registry-file";
import { Container } from "inversify";
import { createAppBindings } from "../container/app-bindings.js";
import { makeInstance } from "../container/make-instance.js";
import { servedBy } from "../container/services-module.js";
import { mapHandlers } from "../dto/map-calls.js";
import { createMappings, type Mappings } from "../dto/mappings.js";
import { winstonLogger } from "../logging/winston-logger.js";
import type { Class } from "../notes/class-ref.js";
import { type ServiceToServe, servicesToServe } from "../service/services-to-serve.js";
import { startUpError } from "../start-up-error.js";
import type { App } from "./app.js";
import { createAppContract } from "./app-contract.js";
import type { AppOptions } from "./app-options.js";
import { checkAppOptions } from "./check-app-options.js";
import { createClients } from "./clients.js";
import { offerOf } from "./offer.js";
import { createRunningApp } from "./running-app.js";
import { useRegistry } from "./shared-registry.js";

/**
 * Makes an app: its services, and the classes that want clients. Opens nothing: that is for `start`, and a client
 * connects at its first call. Rejects with `invalid_argument` where an option, a class, a method or something to be
 * injected is not as it should be; the message names it and says what to do.
 */
export async function createApp(options: AppOptions): Promise<App> {
  checkAppOptions(options);
  const { validate = true } = options;
  const mappings = await createMappings(validate);
  const container = options.container ?? new Container();
  const served = servicesToServe([...(options.services ?? []), ...servedBy(container)]);
  if (served.length === 0) refuseIdleListener(options);

  const logger = loggerOf(options.logger);
  const shared = { ...sharedBy(options), logger, registry: options.registry ?? defaultRegistry(options, logger) };
  const contract = options.contract && (await createAppContract(options.contract, served, validate));
  const known = contract === undefined ? {} : { contract: contract.contracts };
  const offer = offerOf(options, served, contract?.check);
  const { serve: _, ...connectOptions } = options.connect ?? {};
  const connector = connect({
    ...connectOptions,
    ...shared,
    ...known,
    ...(offer === undefined ? {} : { serve: offer.options }),
    balancer: options.balancer ?? p2cPeakEwma,
  });
  const clients = createClients(connector, mappings, options);
  const appBindings = createAppBindings(container, clients.of);
  try {
    const instances = new Map<unknown, object>();
    const made = async (target: Class): Promise<object> => {
      const instance = instances.get(target) ?? (await makeInstance(container, target));
      instances.set(target, instance);
      return instance;
    };
    const targets = [...served.flatMap(({ service }) => service ?? []), ...(options.clients ?? [])];
    for (const target of targets) appBindings.bindOnce(target);
    const bindings: Binding[] = [];
    for (const service of served) bindings.push(await bindingOf(service, mappings, made));
    offer?.fill(bindings);
    for (const target of options.clients ?? []) await made(target);
    return createRunningApp({
      container,
      instances,
      clients,
      appBindings,
      connector,
      closeRegistry: useRegistry(shared.registry),
      signals: options.signals === false ? [] : (options.signals ?? ["SIGTERM", "SIGINT"]),
      logger,
      keepsConnected: offer !== undefined,
      contract,
      waitsForReady: options.connect?.waitForReady ?? false,
      serveOptions:
        bindings.length === 0 || options.listen === false
          ? undefined
          : { ...serveSettings(options, contract?.check), ...shared, ...known, services: bindings },
    });
  } catch (error) {
    await appBindings.withdraw();
    // A constructor may have called somebody already.
    await connector.close();
    if (options.registry === undefined) await shared.registry.close();
    throw error;
  }
}

async function bindingOf(
  { descriptor, service, binding }: ServiceToServe,
  mappings: Mappings,
  made: (target: Class) => Promise<object>,
): Promise<Binding> {
  const mapped = mappings.atServer(descriptor);
  return mapHandlers(binding ?? bind(descriptor, (await made(service)) as never), mapped);
}

/** Options that the server and the clients take alike. */
function sharedBy(options: AppOptions) {
  const {
    cluster,
    instance = randomUUID(),
    codecs,
    errors,
    compression,
    transports,
    limits,
    keepAlive,
    clock,
    random,
  } = options;
  return { instance, ...given({ cluster, codecs, errors, compression, transports, limits, keepAlive, clock, random }) };
}

function serveSettings(
  { listen, advertise, insecure, ambient = true, serve }: AppOptions,
  check: Interceptor | undefined,
): Omit<ServeOptions, "services" | "invoke"> {
  // Innermost: who may call, and how often, is for the user's own to say first.
  const checked = check === undefined ? {} : { interceptors: [...(serve?.interceptors ?? []), check] };
  return {
    ...serve,
    ...checked,
    ...given({ listen: listen === false ? undefined : listen, advertise, insecure }),
    ambient,
  };
}

function defaultRegistry({ cluster }: AppOptions, logger: Logger) {
  return fileRegistry({ logger, ...(cluster === undefined || cluster === "" ? {} : { cluster }) });
}

function loggerOf(option: AppOptions["logger"]): Logger {
  if (option === false) return silent;
  return typeof option === "object" ? option : winstonLogger(given({ level: option }));
}

function refuseIdleListener({ listen, advertise }: AppOptions): void {
  const option =
    listen !== undefined && listen !== false ? "listen" : advertise !== undefined ? "advertise" : undefined;
  if (option === undefined) return;
  throw startUpError(
    "BAD_OPTION",
    `createApp: ${option} is given, but there is nothing to serve: name classes in services, or leave ${option} out`,
  );
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Returns the options that were given: one that is undefined counts as left out. */
function given<T extends object>(options: T): Given<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;
}
