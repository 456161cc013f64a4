import { randomBytes } from "node:crypto";
import type { Entry } from "@rpc/core";
import type { Holding, SkipLog } from "@rpc/core/discovery";
import { type Agent, checked } from "./agent.js";
import { readShelf, type Shelf } from "./catalog.js";
import { consulName, instanceTag, metaOf, type Registered, serviceId, stateNode } from "./catalog-entry.js";

export interface HoldOptions {
  readonly agent: Agent;
  readonly cluster: string;
  readonly ttlMs: number;
  readonly timeoutMs: number;
  readonly skip: SkipLog;
}

/** How soon Consul takes away what has been critical, in seconds; it allows no less than a minute. */
const forgetSeconds = 60;

let lastRegisteredAt = 0;

/** Registers entries with the agent, each with a check that this process keeps passing; calls `lose` once one of them is not there any more. */
export async function holdServices(
  options: HoldOptions,
  entries: readonly Entry[],
  lose: (reason: Error) => void,
): Promise<Holding> {
  const { agent, cluster, ttlMs } = options;
  const lease = randomBytes(12).toString("hex");
  lastRegisteredAt = Math.max(Date.now(), lastRegisteredAt + 1);
  const registeredAt = lastRegisteredAt;
  let revision = 0;
  let held: ReadonlyMap<string, Entry> = new Map();
  let beat: NodeJS.Timeout | undefined;

  const register = async (entry: Entry): Promise<void> => {
    const id = serviceId(lease, entry);
    const value: Registered = { cluster, revision, registeredAt, entry };
    const place = placeOf(entry.address);
    const body = {
      ...{ ID: id, Name: consulName(entry.service), Tags: [instanceTag], Meta: metaOf(value), ...place },
      Check: {
        ...{ CheckID: checkId(id), TTL: `${ttlMs}ms`, Status: "passing" },
        DeregisterCriticalServiceAfter: `${forgetSeconds}s`,
      },
    };
    checked(await agent.ask("PUT", "/v1/agent/service/register", body), agent.name, `register ${entry.service}`);
  };

  const deregister = async (id: string): Promise<void> => {
    const answer = await agent.ask("PUT", `/v1/agent/service/deregister/${encodeURIComponent(id)}`);
    if (answer.status !== 404) checked(answer, agent.name, "release what was registered");
  };

  const beatAll = async (): Promise<void> => {
    for (const id of held.keys()) {
      const answer = await agent
        .ask("PUT", `/v1/agent/check/pass/${encodeURIComponent(checkId(id))}`)
        .catch(() => undefined);
      // Consul has no code of its own for it: 500 before 1.12, 404 since.
      const gone =
        answer !== undefined && /does not have associated TTL|Unknown check/i.test(answer.text) && answer.status >= 400;
      if (!gone || !held.has(id)) continue;
      clearInterval(beat);
      held = new Map();
      return lose(new Error(`${agent.name} knows nothing any more of what was registered`));
    }
  };

  const put = async (next: readonly Entry[]): Promise<void> => {
    revision++;
    const named = new Map(next.map((entry) => [serviceId(lease, entry), entry]));
    const gone = [...held].filter(([id]) => !named.has(id));
    held = named;
    await Promise.all([...next.map(register), ...gone.map(([id]) => deregister(id))]);
    const shown = (id: string) => (shelf: Shelf) =>
      shelf.instances.some((each) => each.serviceId === id && each.revision === revision);
    await Promise.all([
      ...[...named].map(([id, { service }]) => untilShelf(options, service, shown(id))),
      ...gone.map(([id, { service }]) => untilShelf(options, service, isGone(id))),
    ]);
  };

  const drop = async (): Promise<void> => {
    clearInterval(beat);
    const last = held;
    held = new Map();
    await Promise.all([...last.keys()].map(deregister));
    await Promise.all([...last].map(([id, { service }]) => untilShelf(options, service, isGone(id))));
  };

  beat = setInterval(() => void beatAll(), ttlMs / 3).unref();
  await put(entries).catch(async (error: unknown) => {
    await drop().catch(() => {});
    throw error;
  });
  return { replace: put, drop };
}

const isGone = (id: string) => (shelf: Shelf) => !shelf.instances.some((each) => each.serviceId === id);

/** The agent tells the catalogue a moment after it has answered: others see it when the catalogue shows it. Takes away states that nobody needs on the way. */
async function untilShelf(
  { agent, timeoutMs, skip }: HoldOptions,
  service: string,
  test: (shelf: Shelf) => boolean,
): Promise<void> {
  const until = performance.now() + timeoutMs;
  let shelf = await readShelf(agent, service, skip);
  while (!test(shelf)) {
    const leftMs = Math.ceil(until - performance.now());
    if (leftMs <= 0) throw new Error(`what the agent took is not in the catalogue after ${timeoutMs} ms`);
    shelf = await readShelf(agent, service, skip, { index: Math.max(shelf.index, 1), waitMs: leftMs });
  }
  await Promise.all(
    shelf.orphans.map((ServiceID) => agent.ask("PUT", "/v1/catalog/deregister", { Node: stateNode, ServiceID })),
  );
}

const checkId = (id: string): string => `check:${id}`;

/** Consul's own DNS and pages show it; what is no host and port it need not know. */
function placeOf(address: string): { readonly Address?: string; readonly Port?: number } {
  const { hostname, port } = URL.canParse(address) ? new URL(address) : { hostname: "", port: "" };
  return port === "" ? {} : { Address: hostname.replace(/^\[|\]$/g, ""), Port: Number(port) };
}
