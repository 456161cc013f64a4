import { type Logger, type Registry, silent, systemClock } from "@rpc/core";
import { createRegistry, createSkipLog } from "@rpc/core/discovery";
import { openAgent } from "./agent.js";
import type { ConsulRegistryOptions } from "./consul-options.js";
import { createConsulStore } from "./consul-store.js";

/**
 * Returns a registry in Consul's catalogue, 1.7 or later, reached through the agent of this machine. What a process serves are
 * services there, each with a check that it keeps passing: who dies without a word is off the lists `ttlMs` later (10 s), and
 * out of the catalogue a minute after. Changes are seen by blocking queries, as soon as Consul knows of them. A state that an
 * operator sets stands beside the instance, under the node `rpc-state`, since only its own agent can change what it registered.
 */
export function consulRegistry(options: ConsulRegistryOptions = {}): Registry {
  const agent = openAgent(options);
  const logger: Logger = options.logger ?? silent;
  const { cluster = "default", ttlMs = 10_000, timeoutMs = 2_000, waitMs = 5_000 } = options;
  const store = createConsulStore({
    agent,
    cluster,
    ttlMs,
    timeoutMs,
    waitMs,
    skip: createSkipLog(agent.name, logger),
  });
  return createRegistry({ name: agent.name, store, clock: systemClock, random: Math.random, logger });
}
