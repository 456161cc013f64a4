import { type Logger, type Registry, silent, systemClock } from "@rpc/core";
import { createRegistry, createSkipLog } from "@rpc/core/discovery";
import { checkMdnsOptions, type MdnsRegistryOptions } from "./mdns-options.js";
import { createMdnsStore } from "./mdns-store.js";

/**
 * Returns a registry without a server: the processes of one network segment tell each other what they serve, by multicast DNS
 * (RFC 6762). Nothing is opened until it is first used.
 *
 * A process that dies without a word is off the lists `ttlMs` later (10 s), one that leaves at once; a new one is seen as soon
 * as it speaks. Whoever can send on that network can announce anything, and nothing of it is encrypted: let TLS and an
 * authenticator of your own decide who is called. There is no place where an operator could leave a state: `setState` rejects
 * with `unimplemented` / `REGISTRY_READ_ONLY`, and a node changes its own with `Lease.update`. A lease is never lost.
 */
export function mdnsRegistry(options: MdnsRegistryOptions = {}): Registry {
  checkMdnsOptions(options);
  const logger: Logger = options.logger ?? silent;
  const name = `multicast DNS on ${options.interface ?? "this network"}, port ${options.port ?? 5353}`;
  const store = createMdnsStore(options, name, logger, createSkipLog(name, logger));
  return createRegistry({ name, store, clock: systemClock, random: Math.random, logger });
}
