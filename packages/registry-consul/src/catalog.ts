import type { Endpoint, NodeState } from "@rpc/core";
import type { SkipLog } from "@rpc/core/discovery";
import { type Agent, checked } from "./agent.js";
import {
  type CatalogService,
  consulName,
  instanceTag,
  type Patched,
  patchedFrom,
  type Registered,
  registeredFrom,
  stateTag,
} from "./catalog-entry.js";

/** A registration and the states that were set for it. */
export interface Instance extends Registered {
  readonly serviceId: string;
  readonly states: readonly NodeState[];
}

/** What stands under one of Consul's names. */
export interface Shelf {
  readonly instances: readonly Instance[];
  /** States of what is not there any more, or was updated since: their ids. */
  readonly orphans: readonly string[];
  readonly index: number;
}

/** Where a read begins: with `index` it is held back until there is something newer, `waitMs` at most. */
export interface From {
  readonly index?: number;
  readonly waitMs?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export const healthPath = (service: string, { index, waitMs }: From = {}): string =>
  `/v1/health/service/${consulName(service)}?passing${index === undefined ? "" : `&index=${index}&wait=${waitMs}ms`}`;

export const servicesPath = ({ index, waitMs }: From = {}): string =>
  `/v1/catalog/services${index === undefined ? "" : `?index=${index}&wait=${waitMs}ms`}`;

/** Reads what is alive under a service's name, other services included that share it. What cannot be used is skipped. */
export async function readShelf(agent: Agent, service: string, skip: SkipLog, from: From = {}): Promise<Shelf> {
  const { timeoutMs, signal } = from;
  const more = { ...(timeoutMs !== undefined && { timeoutMs }), ...(signal !== undefined && { signal }) };
  const answer = checked(
    await agent.ask("GET", healthPath(service, from), undefined, more),
    agent.name,
    `list ${service}`,
  );
  const rows = JSON.parse(answer.text) as readonly { readonly Service: CatalogService }[];
  const services = rows.map((row) => row.Service);
  const usable = <T>(tag: string, read: (service: CatalogService) => T): readonly (readonly [string, T])[] =>
    services.flatMap((each) => {
      if (each.Tags?.includes(tag) !== true) return [];
      try {
        return [[each.ID, read(each)] as const];
      } catch (error) {
        skip(`${each.Service} ${each.ID}`, error);
        return [];
      }
    });
  const registered = new Map(usable(instanceTag, registeredFrom));
  const isOrphan = ({ of, revision }: Patched): boolean => registered.get(of)?.revision !== revision;
  const patches = usable(stateTag, patchedFrom);
  const states = (id: string) =>
    patches.flatMap(([, patch]) => (patch.of === id && !isOrphan(patch) ? [patch.state] : []));
  return {
    instances: [...registered].map(([serviceId, each]) => ({ ...each, serviceId, states: states(serviceId) })),
    orphans: patches.flatMap(([id, patch]) => (isOrphan(patch) ? [id] : [])),
    index: answer.index,
  };
}

/** Returns the newest registration of each instance of a service. */
export function newest(shelf: Shelf, cluster: string, service: string): ReadonlyMap<string, Instance> {
  const found = new Map<string, Instance>();
  for (const instance of shelf.instances) {
    if (instance.cluster !== cluster || instance.entry.service !== service) continue;
    const other = found.get(instance.entry.id);
    if (other === undefined || isLater(instance, other)) found.set(instance.entry.id, instance);
  }
  return found;
}

/** Returns what is listed of an instance. */
export function endpointOf({ entry, states }: Instance): Endpoint {
  return Object.assign({ ...entry }, ...states) as Endpoint;
}

function isLater(one: Instance, other: Instance): boolean {
  return one.registeredAt === other.registeredAt
    ? one.serviceId > other.serviceId
    : one.registeredAt > other.registeredAt;
}
