import type { Endpoint } from "@rpc/core";
import type { LeaseId } from "./file-names.js";
import type { Contents, LeaseSeen } from "./reader.js";

/** An instance of a service, and where its entry stands. */
export interface Instance {
  readonly endpoint: Endpoint;
  readonly lease: LeaseSeen;
  /** Of the entry within its lease. */
  readonly place: number;
}

/** By service, then by id. */
export type Instances = ReadonlyMap<string, ReadonlyMap<string, Instance>>;

/**
 * Returns what the leases hold, but for those in `hidden`. Of several leases with the same instance the one
 * registered last counts.
 */
export function instancesOf({ leases }: Contents, hidden: ReadonlySet<LeaseId>): Instances {
  const services = new Map<string, Map<string, Instance>>();
  const shown = leases.filter(({ id }) => !hidden.has(id));
  for (const lease of shown.sort((a, b) => a.registeredAt - b.registeredAt || (a.id < b.id ? -1 : 1))) {
    for (const [place, { service, ...endpoint }] of lease.entries.entries()) {
      const instances = services.get(service) ?? new Map<string, Instance>();
      const changed = Object.freeze({ ...endpoint, ...lease.patches.get(place)?.state });
      instances.set(endpoint.id, { endpoint: changed, lease, place });
      services.set(service, instances);
    }
  }
  return services;
}

/** Returns the list of a service in order of the ids. */
export function endpointsOf(instances: Instances, service: string): readonly Endpoint[] {
  const endpoints = [...(instances.get(service)?.values() ?? [])].map(({ endpoint }) => endpoint);
  return Object.freeze(endpoints.sort((a, b) => (a.id < b.id ? -1 : 1)));
}

/** Returns the sorted names of the services that have an instance. */
export function servicesOf(instances: Instances): readonly string[] {
  return Object.freeze([...instances.keys()].sort());
}
