import type { NodeState } from "@rpc/core";
import type { Follower, Store } from "@rpc/core/discovery";
import { type Agent, checked } from "./agent.js";
import { endpointOf, healthPath, type Instance, newest, readShelf, servicesPath } from "./catalog.js";
import { consulName, instanceTag, metaOf, stateNode, stateTag } from "./catalog-entry.js";
import { type HoldOptions, holdServices } from "./hold-services.js";

/** How often an instance may update itself while its state is changed. */
const attempts = 10;

export function createConsulStore(options: HoldOptions & { readonly waitMs: number }): Store {
  const { agent, cluster, skip, waitMs, timeoutMs } = options;
  const following = new Set<AbortController>();
  const find = async (service: string, id: string): Promise<Instance | undefined> =>
    newest(await readShelf(agent, service, skip), cluster, service).get(id);
  return {
    async read(service, signal) {
      const shelf = await readShelf(agent, service, skip, { signal });
      return { value: [...newest(shelf, cluster, service).values()].map(endpointOf) };
    },
    async names(signal) {
      const answer = checked(
        await agent.ask("GET", servicesPath(), undefined, { signal }),
        agent.name,
        "list the services",
      );
      const listed = JSON.parse(answer.text) as Readonly<Record<string, readonly string[]>>;
      const ours = Object.keys(listed).filter((name) => listed[name]?.includes(instanceTag));
      const shelves = await Promise.all(ours.map((name) => readShelf(agent, name, skip, { signal })));
      const instances = shelves.flatMap((shelf) => shelf.instances);
      return {
        value: instances.filter((each) => each.cluster === cluster).map(({ entry }) => entry.service),
        againMs: waitMs,
      };
    },
    follow(follower, service) {
      const stop = new AbortController();
      following.add(stop);
      const path = (index: number): string =>
        service === undefined ? servicesPath({ index, waitMs }) : healthPath(service, { index, waitMs });
      // The agent holds an answer back for up to a sixteenth longer than it was asked to.
      void followIndex(agent, path, waitMs * (17 / 16) + timeoutMs, follower, stop.signal);
      return () => {
        following.delete(stop);
        stop.abort();
      };
    },
    hold: (entries, lose) => holdServices(options, entries, lose),
    async patch(service, id, state) {
      for (let attempt = 0; attempt < attempts; attempt++) {
        const instance = await find(service, id);
        if (instance === undefined) return false;
        await storeState(agent, service, instance, state);
        const now = await find(service, id);
        if (now?.serviceId === instance.serviceId && now.revision === instance.revision) return true;
      }
      throw new Error("the instance keeps updating itself");
    },
    async close() {
      for (const stop of following) stop.abort();
      agent.close();
    },
  };
}

/** Waits with Consul's blocking queries for the index to change, and tells: also where it goes back, as after its data was lost. */
async function followIndex(
  agent: Agent,
  path: (index: number) => string,
  timeoutMs: number,
  follower: Follower,
  signal: AbortSignal,
): Promise<void> {
  let index = 0;
  try {
    while (!signal.aborted) {
      const answer = checked(
        await agent.ask("GET", path(index), undefined, { timeoutMs, signal }),
        agent.name,
        "watch",
      );
      const next = Math.max(answer.index, 1); // 0 would not wait
      if (next !== index && index !== 0) follower.changed();
      index = next < index ? 0 : next;
    }
  } catch (error) {
    if (!signal.aborted) follower.lost(error);
  }
}

/** A record for each field, so that two operators who change different ones do not undo each other. */
async function storeState(
  agent: Agent,
  service: string,
  { serviceId, revision }: Instance,
  state: NodeState,
): Promise<void> {
  const fields = Object.entries(state) as readonly (readonly [keyof NodeState, unknown])[];
  for (const [field, value] of fields) {
    const body = {
      ...{ Node: stateNode, Address: "127.0.0.1", SkipNodeUpdate: false, NodeMeta: { "external-node": "true" } },
      Service: {
        ...{ ID: `${serviceId}:${field}`, Service: consulName(service), Tags: [stateTag] },
        Meta: metaOf({ of: serviceId, revision, state: { [field]: value } }),
      },
    };
    checked(
      await agent.ask("PUT", "/v1/catalog/register", body),
      agent.name,
      `change the state of an instance of ${service}`,
    );
  }
}
