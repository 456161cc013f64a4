import type { Client, Connector, ConnectSettings, Endpoint, Reflection, Registry } from "@rpc/core";
import { CliError, ExitCode } from "../cli-error.js";
import { failure } from "../failure.js";
import type { Io } from "../io.js";
import { connectSettings } from "./connect-settings.js";
import { inTime, patienceMs } from "./in-time.js";
import { anyOfThem, listedOnce } from "./listed-once.js";
import { loadRegistry } from "./load-registry.js";
import { registryUrl } from "./registry-url.js";
import type { TargetOptions } from "./target-options.js";

/** Where a command finds services: a registry, or one instance. */
export interface Target {
  /** What the user named, without what is secret. */
  readonly name: string;
  /** The registry; undefined where one instance was named. */
  readonly registry: Registry | undefined;
  /** How its instances are connected to: with what token, certificates and cluster. */
  readonly settings: ConnectSettings;
  /** Returns the services that have an instance, in order. */
  services(): Promise<readonly string[]>;
  /** Returns the instances of a service; of an address, that one, whatever the service. */
  instances(service: string): Promise<readonly Endpoint[]>;
  /** Returns what calls these instances, whatever the service, until the target is closed. */
  connect(endpoints: readonly Endpoint[]): Connector;
  /** Returns what asks an instance about itself; a call fails at once where it cannot be connected to. */
  ask(endpoint: Endpoint): Client<Reflection>;
  /** Closes all that was opened; within a second, whoever does not answer. */
  close(): Promise<void>;
}

/** Opens what `--registry` or `--address` names. To be closed. Rejects with a `CliError` where it cannot be. */
export async function openTarget(given: TargetOptions, io: Io): Promise<Target> {
  const cluster = given.cluster ?? nonEmpty(io.env["RPC_CLUSTER"]);
  const options = { ...given, ...(cluster !== undefined && { cluster }) };
  if (options.registry !== undefined && options.address !== undefined)
    throw new CliError("--registry and --address exclude each other: one instance, or where they are listed");
  const core = await import("@rpc/core");
  const settings = await connectSettings(options, io);
  const connectors: Connector[] = [];
  const connect = (endpoints: readonly Endpoint[]): Connector => {
    const made = core.connect({ ...settings, registry: listedOnce(endpoints), balancer: anyOfThem });
    connectors.push(made);
    return made;
  };
  const ask = (endpoint: Endpoint): Client<Reflection> =>
    core.withOptions(connect([endpoint]).client(core.ReflectionService), {
      signal: io.signal,
      timeoutMs: patienceMs,
      route: { only: endpoint.id },
    });
  const { address } = options;
  if (address !== undefined) {
    const here = { id: address, address, weight: 1, tags: {}, inactive: false };
    return {
      name: address,
      registry: undefined,
      settings,
      services: async () => {
        const told = await ask(here)
          .services()
          .catch((error: unknown) => Promise.reject(failure(`asking ${address} what it serves`, error)));
        return told.map(({ name }) => name);
      },
      instances: async () => [here],
      connect,
      ask,
      close: () => closeAll(connectors),
    };
  }
  const url = registryUrl(options.registry ?? nonEmpty(io.env["RPC_REGISTRY"]) ?? "file:");
  const registry = await loadRegistry(url, cluster, io);
  const read = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    inTime(work, { signal: io.signal, late: `the registry ${url.shown} does not answer` }).catch((error: unknown) => {
      if (error instanceof CliError) throw error;
      throw new CliError(`the registry ${url.shown} cannot be read: ${messageOf(error)}`, ExitCode.unreachable, {
        cause: error,
      });
    });
  return {
    name: cluster === undefined || url.query.has("cluster") ? url.shown : `${url.shown} (cluster ${cluster})`,
    registry,
    settings,
    services: () => read((signal) => firstOf(registry.services(signal))),
    instances: (service) => read((signal) => registry.list(service, signal)),
    connect,
    ask,
    close: () => closeAll([...connectors, registry]),
  };
}

async function firstOf<T>(lists: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  for await (const list of lists) return list;
  throw new Error("it ended its list of services");
}

async function closeAll(opened: readonly { close(): Promise<void> }[]): Promise<void> {
  const closed = Promise.allSettled(opened.map((each) => each.close()));
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, 1_000);
  });
  await Promise.race([closed, patience]);
  clearTimeout(timer);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
