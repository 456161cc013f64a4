import { type Clock, checkOptions, type Logger, type Random, type Registry, silent, systemClock } from "@rpc/core";
import { createRegistry } from "@rpc/core/discovery";
import { etcdStore } from "./etcd-store.js";
import { checkHosts, type HostOptions } from "./hosts.js";
import { openClient } from "./open-client.js";
import { checkTls, type EtcdTls } from "./tls.js";

export interface EtcdRegistryOptions extends HostOptions {
  /** What all keys begin with. Defaults to `rpc`. */
  readonly prefix?: string;
  /** Tells those apart who share a prefix: each cluster sees only itself. Defaults to `default`. */
  readonly cluster?: string;
  /** For `https:` hosts: whom to trust, and what to show. Defaults to the authorities of Node, and to showing nothing. */
  readonly tls?: EtcdTls;
  /** How long entries outlive a process that was killed, in ms; etcd counts whole seconds. From 1 000 to 3 600 000; defaults to 10 000. */
  readonly ttlMs?: number;
  /** How long etcd may take for an answer, in ms. From 100 to 60 000; defaults to 2 000. */
  readonly timeoutMs?: number;
  /** Told of entries that cannot be used and of an etcd that cannot be reached. Defaults to silence. */
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
  ttlMs: { from: 1_000, to: 3_600_000 },
  timeoutMs: { from: 100, to: 60_000 },
  logger: { functions: ["debug", "info", "warn", "error"] },
  clock: { functions: ["now", "setTimer"] },
  random: "function",
} as const;

/**
 * Returns a registry in etcd, 3.4 or later. It connects when it is first used. What a process registers stands under one
 * lease, which is kept alive until it is released, and taken to be lost only when etcd itself says that it is gone: an etcd
 * that is away for a while, however long, loses nobody who is still there when it comes back.
 *
 * Throws `invalid_argument` / `BAD_OPTION` for options that cannot be. Rejects with `unauthenticated` or
 * `permission_denied` / `REGISTRY_FAILED` where etcd refuses, and with `unavailable` where it cannot be reached.
 */
export function etcdRegistry(options: EtcdRegistryOptions = {}): Registry {
  checkOptions("etcdRegistry", options, kinds);
  const hosts = checkHosts(options);
  checkTls(options.tls, hosts);
  const { prefix = "rpc", cluster = "default", ttlMs = 10_000, timeoutMs = 2_000 } = options;
  const { logger = silent, clock = systemClock, random = Math.random } = options;
  const name = `etcd at ${hosts.join(", ")}`;
  const client = openClient({ hosts, timeoutMs, credentials: options.credentials, tls: options.tls });
  const store = etcdStore({ name, client, base: `${prefix}/${cluster}/`, ttlMs, timeoutMs, logger, clock, random });
  return createRegistry({ name, store, clock, random, logger });
}
