import { Resolver } from "node:dns";
import { isIPv6 } from "node:net";
import { type Endpoint, type Registry, RpcError, silent, systemClock } from "@rpc/core";
import { createRegistry, type Seen, type Store } from "@rpc/core/discovery";
import { checkDnsOptions, type DnsRegistryOptions, nameServer, targetOf } from "./dns-options.js";
import { createLookUp, type LookUp, type ServiceRecord } from "./look-up.js";

/**
 * Returns a registry that is read from DNS, which others write: A and AAAA records with a port of your own, SRV records, the
 * headless services of Kubernetes. A list is as new as its time to live allows, within `soonestMs` and `latestMs`.
 *
 * `register` does nothing and says so in the log: who runs the zone lists what is served, and an app may have one registry
 * for both. `setState` rejects with `unimplemented` / `REGISTRY_READ_ONLY`. Of SRV records those of the best priority are
 * listed, with their weights. An instance's id is its address; the hello tells when another process took it over.
 */
export function dnsRegistry(options: DnsRegistryOptions): Registry {
  checkDnsOptions(options);
  const servers = (options.servers ?? new Resolver().getServers()).map(nameServer);
  const lookUp = createLookUp(servers, options.timeoutMs ?? 2_000, options.family ?? 0);
  const name = `DNS at ${servers.map(({ host, port }) => `${host}:${port}`).join(", ")}`;
  return createRegistry({
    name,
    store: createStore(options, lookUp),
    clock: systemClock,
    random: Math.random,
    logger: options.logger ?? silent,
  });
}

function createStore(options: DnsRegistryOptions, lookUp: LookUp): Store {
  const { soonestMs = 1_000, latestMs = 30_000, scheme = "tcp", services } = options;
  const seen = (value: readonly Endpoint[], ttlMs: number): Seen<Endpoint> => {
    const once = new Map(value.map((endpoint) => [endpoint.id, endpoint]));
    return { value: [...once.values()], againMs: Math.min(Math.max(ttlMs, soonestMs), latestMs) };
  };
  const read = async (service: string, signal: AbortSignal): Promise<Seen<Endpoint>> => {
    const target = targetOf(options, service);
    if (target === undefined) return seen([], latestMs);
    const { name, port } = target;
    if (port === undefined) return readServices(name, signal);
    const { records, ttlMs } = await lookUp.addresses(name, signal);
    return seen(
      records.map((host) => endpointAt(scheme, host, port, 1)),
      ttlMs,
    );
  };
  const readServices = async (name: string, signal: AbortSignal): Promise<Seen<Endpoint>> => {
    const { records, ttlMs } = await lookUp.services(name, signal);
    const best = bestOf(records);
    const found = await Promise.all(best.map(({ target }) => lookUp.addresses(target, signal)));
    const endpoints = best.flatMap(({ port, weight }, place) =>
      found[place]!.records.map((host) => endpointAt(scheme, host, port, weight)),
    );
    return seen(endpoints, Math.min(ttlMs, ...found.map((each) => each.ttlMs)));
  };
  return {
    read,
    async names(signal) {
      if (services === undefined) throw namesUnknown();
      const lists = await Promise.all(services.map((service) => read(service, signal)));
      const value = services.filter((_, place) => lists[place]!.value.length > 0);
      return { value, againMs: Math.min(latestMs, ...lists.map(({ againMs = latestMs }) => againMs)) };
    },
    close: async () => {},
  };
}

/** A weight of 0 means a very small share where others have more (RFC 2782), and nothing where all have it. */
function bestOf(records: readonly ServiceRecord[]): readonly ServiceRecord[] {
  const offered = records.filter(({ target, port }) => target !== "" && target !== "." && port > 0);
  const best = Math.min(...offered.map(({ priority }) => priority));
  const chosen = offered.filter(({ priority }) => priority === best);
  const least = chosen.some(({ weight }) => weight > 0) ? 0.01 : 1;
  return chosen.map((record) => ({ ...record, weight: record.weight || least }));
}

function endpointAt(scheme: string, host: string, port: number, weight: number): Endpoint {
  const place = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return { id: place, address: `${scheme}://${place}`, weight, tags: {}, inactive: false };
}

function namesUnknown(): RpcError {
  const message = "DNS does not say which services there are: name them with dnsRegistry({ services })";
  return new RpcError("unimplemented", message, { reason: "REGISTRY_READ_ONLY", processed: "no" });
}
