import { checkOptions, type Endpoint, type Registry, RpcError, silent, systemClock } from "@rpc/core";
import { createRegistry, entryFrom, type Follower } from "@rpc/core/discovery";

/** An instance that is written down. */
export interface StaticNode {
  /** As `serve` says it: `tcp://10.0.0.1:7000`. */
  readonly address: string;
  /** The services it has. Left out: it is listed for every service that is asked for. */
  readonly services?: readonly string[];
  /** Defaults to the address. */
  readonly id?: string;
  /** Share of the calls, against the others' weights. Defaults to 1. */
  readonly weight?: number;
  /** Defaults to none. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Listed, but not to be called. Defaults to false. */
  readonly inactive?: boolean;
}

/** A list that this process itself may replace. */
export interface StaticRegistry extends Registry {
  /** Replaces the list; watches see it at once. Throws `invalid_argument` where a node cannot be. */
  set(nodes: readonly (string | StaticNode)[]): void;
}

/**
 * Returns a registry that is a list: addresses, or nodes with more to say. Registering does nothing, since there is nobody
 * else to see it; `setState` rejects with `unimplemented` / `REGISTRY_READ_ONLY`: say the whole list anew with `set`.
 */
export function staticRegistry(nodes: readonly (string | StaticNode)[]): StaticRegistry {
  const followers = new Set<Follower>();
  let known = nodes.map(nodeFrom);
  const registry = createRegistry({
    name: "a static list",
    store: {
      read: async (service) => ({
        value: known.filter((node) => node.services?.includes(service) ?? true).map(endpointOf),
      }),
      names: async () => ({ value: known.flatMap(({ services = [] }) => services) }),
      follow(follower) {
        followers.add(follower);
        return () => followers.delete(follower);
      },
      close: async () => {},
    },
    clock: systemClock,
    random: Math.random,
    logger: silent,
  });
  return {
    ...registry,
    set(next) {
      known = next.map(nodeFrom);
      for (const follower of followers) follower.changed();
    },
  };
}

const kinds = {
  address: "string",
  services: "list",
  id: "string",
  weight: "number",
  tags: "object",
  inactive: "boolean",
} as const;

function nodeFrom(given: string | StaticNode): StaticNode {
  const node = typeof given === "string" ? { address: given } : given;
  checkOptions("a node of staticRegistry", node, kinds);
  if (!/^[a-z][a-z0-9+.-]*:\/\/./.test(node.address ?? "")) {
    const message = `a node of staticRegistry: address must be a URL such as "tcp://10.0.0.1:7000", not ${JSON.stringify(node.address)}`;
    throw new RpcError("invalid_argument", message, { reason: "BAD_OPTION", processed: "no" });
  }
  endpointOf(node);
  return { ...node, ...(node.services !== undefined && { services: [...node.services] }) };
}

function endpointOf({ services: _services, id, ...rest }: StaticNode): Endpoint {
  const { service: _service, ...endpoint } = entryFrom({ ...rest, id: id ?? rest.address, service: "any" });
  return endpoint;
}
