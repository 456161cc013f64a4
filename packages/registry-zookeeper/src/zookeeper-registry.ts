import { type Clock, checkOptions, type Logger, type Random, type Registry, silent, systemClock } from "@rpc/core";
import { createRegistry } from "@rpc/core/discovery";
import { checkHosts, type HostOptions } from "./hosts.js";
import { createSessions } from "./sessions.js";
import { zookeeperStore } from "./zookeeper-store.js";

export interface ZookeeperRegistryOptions extends HostOptions {
  /** The node that all others lie below, without slashes. Defaults to `rpc`. */
  readonly prefix?: string;
  /** Tells those apart who share a prefix: each cluster sees only itself. Defaults to `default`. */
  readonly cluster?: string;
  /**
   * How long entries outlive a process that was killed, in ms: the session's timeout, which the server keeps within 2 to 20
   * of its ticks. From 1 000 to 600 000; defaults to 10 000.
   */
  readonly ttlMs?: number;
  /** How long ZooKeeper may take for an answer, in ms. From 100 to 60 000; defaults to 2 000. */
  readonly timeoutMs?: number;
  /** Told of entries that cannot be used and of a ZooKeeper that cannot be reached. Defaults to silence. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

const kinds = {
  hosts: "any",
  prefix: "string",
  cluster: "string",
  credentials: "object",
  tls: "object",
  insecure: "boolean",
  ttlMs: { from: 1_000, to: 600_000 },
  timeoutMs: { from: 100, to: 60_000 },
  logger: { functions: ["debug", "info", "warn", "error"] },
  clock: { functions: ["now", "setTimer"] },
  random: "function",
} as const;

/**
 * Returns a registry in ZooKeeper, 3.4 or later. It connects when it is first used. What a process registers are nodes of
 * its session, which lasts until it is closed or ZooKeeper says that it is over: then they are registered again in a new one.
 *
 * Throws `invalid_argument` / `BAD_OPTION` for options that cannot be. Rejects with `permission_denied` / `REGISTRY_FAILED`
 * where the nodes belong to other credentials, and with `unavailable` / `REGISTRY_FAILED` where ZooKeeper cannot be reached.
 */
export function zookeeperRegistry(options: ZookeeperRegistryOptions = {}): Registry {
  checkOptions("zookeeperRegistry", options, kinds);
  const hosts = checkHosts(options);
  const { prefix = "rpc", cluster = "default", ttlMs = 10_000, timeoutMs = 2_000, credentials, tls } = options;
  const { logger = silent, clock = systemClock, random = Math.random } = options;
  const name = `ZooKeeper at ${hosts.join(", ")}`;
  const sessions = createSessions({ name, hosts, ttlMs, timeoutMs, credentials, tls, logger });
  const store = zookeeperStore({ name, sessions, base: [prefix, cluster], secured: credentials !== undefined, logger });
  return createRegistry({ name, store, clock, random, logger });
}
