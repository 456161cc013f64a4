import type { Clock } from "../contract/clock.js";
import type { Contracts } from "../contract/contracts.js";
import { RpcError } from "../contract/errors.js";
import type { Binding, Method, MethodKind, ServiceDescriptor } from "../contract/method.js";
import { underAllNames } from "../service/aliases.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import type { CallStats, MethodStats, ServerStats } from "../stats/snapshots.js";
import { version } from "./version.js";

/** Methods whose figures are told, those with the most calls: what is told must stay a message of a MiB. */
const mostMethods = 256;
/** For how long the same figures are told again, in ms: to ask more often costs no more counting. */
const statsMs = 250;
/** How often the same figures are told: they are larger than what asks for them, and writing them takes its time, too. */
const mostTellings = 40;

/** A method, as a server tells what it serves. */
export interface ReflectedMethod {
  readonly name: string;
  readonly kind: MethodKind;
  readonly idempotent: boolean;
}

/** A service, as a server tells what it serves. */
export interface ReflectedService {
  readonly name: string;
  /** The name of the service of which this one is another name. */
  readonly aliasOf?: string;
  readonly methods: readonly ReflectedMethod[];
}

/** A running server, as it tells what it is. */
export interface ReflectedInstance {
  readonly id: string;
  readonly cluster: string;
  readonly versions: { readonly node: string; readonly rpc: string };
  readonly uptimeMs: number;
  readonly state: "serving" | "draining";
}

/** What every server tells of itself, unless it was switched off: see docs/security.md. */
export interface Reflection {
  /** Returns what is served, in order of name, without this service. */
  services(): readonly ReflectedService[];
  /** Returns the contract of a service as plain JSON; null where the server was given none. */
  contract(service: string): unknown;
  instance(): ReflectedInstance;
  /**
   * Returns what the server counts, as `Server.stats` does, with some left out: single connections, which are other
   * clients, methods that it calls of its peers, and all methods but the 256 that were called most. Rejects with
   * `resource_exhausted` / `RATE_LIMIT` above 160 calls a second, all callers together.
   */
  stats(): ServerStats;
}

/** Describes the service by which a server tells what it serves. */
export const ReflectionService: ServiceDescriptor<Reflection> = defineService<Reflection>("rpc.Reflection", {
  services: { idempotent: true },
  contract: { idempotent: true },
  instance: { idempotent: true },
  stats: { idempotent: true },
});

export interface ReflectionOptions {
  /** What is served; undefined where one function answers whatever is called. */
  readonly services: readonly Binding[] | undefined;
  readonly contract: Contracts | undefined;
  readonly instance: string;
  readonly cluster: string;
  readonly clock: Clock;
  readonly draining: () => boolean;
  readonly stats: () => ServerStats;
}

/** Returns what answers for a server. */
export function reflectionOf(options: ReflectionOptions): Binding {
  const { services = [], contract, instance, cluster, clock, draining } = options;
  const startedAt = clock.now();
  let counted: { readonly at: number; readonly stats: ServerStats; told: number } | undefined;
  const reflected = Object.freeze(services.flatMap(reflectedUnderAllNames).sort((a, b) => (a.name < b.name ? -1 : 1)));
  return bind(ReflectionService, {
    services: () => reflected,
    contract: (service) => (typeof service === "string" ? contract?.describe(service) : undefined) ?? null,
    instance: () => ({
      id: instance,
      cluster,
      versions: { node: process.versions.node, rpc: version },
      uptimeMs: Math.round(clock.now() - startedAt),
      state: draining() ? "draining" : "serving",
    }),
    stats: () => {
      const now = clock.now();
      if (counted === undefined || now - counted.at >= statsMs)
        counted = { at: now, stats: forOthers(options.stats()), told: 0 };
      if (counted.told++ >= mostTellings) throw askedTooOften();
      return counted.stats;
    },
  });
}

function askedTooOften(): RpcError {
  return new RpcError("resource_exhausted", `${mostTellings} callers were told the figures of the last ${statsMs} ms`, {
    reason: "RATE_LIMIT",
    retryAfterMs: statsMs,
  });
}

function reflectedUnderAllNames(binding: Binding): ReflectedService[] {
  const { name: own } = binding.service;
  return underAllNames(binding).map(({ service: { name, methods } }) => ({
    name,
    ...(name === own ? {} : { aliasOf: own }),
    methods: methods.map(reflectedMethod),
  }));
}

function reflectedMethod({ name, kind, idempotent }: Method): ReflectedMethod {
  return { name, kind, idempotent };
}

/** Who else is connected is not for everybody, and what grows without bounds fits into no message. */
function forOthers(stats: ServerStats): ServerStats {
  return {
    ...stats,
    methods: mostCalled(stats),
    toPeers: { calls: stats.toPeers.calls, methods: {} },
    connections: [],
  };
}

function mostCalled({ methods }: MethodStats): Readonly<Record<string, CallStats>> {
  const all = Object.entries(methods);
  if (all.length <= mostMethods) return methods;
  return Object.fromEntries(all.sort(([, a], [, b]) => b.calls - a.calls).slice(0, mostMethods));
}
