import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What of Consul's HTTP API the registry uses, as Consul 1.10 answers it, in this process. */
export interface ConsulStandIn {
  readonly port: number;
  close(): Promise<void>;
}

interface Check {
  readonly id: string;
  readonly ttlMs: number;
  passing: boolean;
  timer: NodeJS.Timeout | undefined;
}

interface Service {
  readonly ID: string;
  readonly Service: string;
  readonly Tags: readonly string[];
  readonly Meta: Readonly<Record<string, string>>;
}

interface Listed {
  readonly service: Service;
  readonly check: Check | undefined;
}

/** What an agent is asked to register. */
interface Registration {
  readonly ID: string;
  readonly Name: string;
  readonly Tags?: readonly string[];
  readonly Meta?: Readonly<Record<string, string>>;
  readonly Check?: { readonly CheckID: string; readonly TTL: string };
}

/** The catalogue hears of what the agent took so much later, in ms: there, too, the two are not one. */
const syncMs = 3;

/**
 * Starts a stand-in for Consul, for machines where the real one cannot be built: the same suite runs against both, so that it
 * stays what it stands for. One agent, one catalogue, no ACLs, no TLS; names without regard to case, TTL checks, blocking queries.
 */
export async function openConsulStandIn(): Promise<ConsulStandIn> {
  const catalogue = new Map<string, Listed>();
  const agent = new Map<string, Listed>();
  const waiting = new Set<() => void>();
  let index = 10;
  let closed = false;
  const changed = (): void => {
    index++;
    for (const wake of waiting) wake();
  };
  const keep = (check: Check): void => {
    clearTimeout(check.timer);
    check.timer = setTimeout(() => {
      check.passing = false;
      changed();
    }, check.ttlMs).unref();
    if (check.passing) return;
    check.passing = true;
    changed();
  };
  const sync = (work: () => void): void => {
    setTimeout(() => {
      if (closed) return;
      work();
      changed();
    }, syncMs);
  };
  const named = (name: string): readonly Listed[] =>
    [...catalogue.values()].filter(({ service }) => service.Service.toLowerCase() === name.toLowerCase());

  const put = (path: string, body: unknown): string | undefined => {
    const [, of, id = ""] = /^\/v1\/agent\/(service\/deregister|check\/pass)\/(.+)$/.exec(path) ?? [];
    if (path === "/v1/agent/service/register") {
      const { ID, Name, Tags = [], Meta = {}, Check } = body as Registration;
      const known = agent.get(ID);
      const fresh = Check && {
        id: Check.CheckID,
        ttlMs: Number.parseFloat(Check.TTL),
        passing: true,
        timer: undefined,
      };
      const check: Check | undefined = known?.check ?? fresh;
      const listed: Listed = { service: { ID, Service: Name, Tags, Meta }, check };
      agent.set(ID, listed);
      if (check !== undefined) keep(check);
      sync(() => catalogue.set(ID, listed));
    } else if (of === "service/deregister") {
      const key = decodeURIComponent(id);
      clearTimeout(agent.get(key)?.check?.timer);
      if (agent.delete(key)) sync(() => catalogue.delete(key));
    } else if (of === "check/pass") {
      const check = [...agent.values()].find((each) => each.check?.id === decodeURIComponent(id))?.check;
      if (check === undefined) return `CheckID "${decodeURIComponent(id)}" does not have associated TTL`;
      keep(check);
    } else if (path === "/v1/catalog/register") {
      const service = (body as { Service: Service }).Service;
      catalogue.set(service.ID, { service, check: undefined });
      changed();
    } else if (path === "/v1/catalog/deregister") {
      if (catalogue.delete((body as { ServiceID: string }).ServiceID)) changed();
    } else return `no ${path}`;
    return undefined;
  };

  const get = (path: string): unknown => {
    const name = decodeURIComponent(path.split("/").at(-1)!);
    if (path === "/v1/catalog/services") {
      const tags: Record<string, string[]> = {};
      for (const { service } of catalogue.values())
        tags[service.Service] = [...new Set([...(tags[service.Service] ?? []), ...service.Tags])];
      return tags;
    }
    return named(name)
      .filter(({ check }) => check?.passing ?? true)
      .map(({ service }) => ({ Service: service, Checks: [] }));
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(String(request.url), "http://consul");
    const say = (status: number, text: string): void => {
      response.writeHead(status, { "x-consul-index": String(index) });
      response.end(text);
    };
    if (request.method === "PUT") {
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      const text = Buffer.concat(parts).toString();
      const wrong = put(pathname, text === "" ? {} : JSON.parse(text));
      return say(wrong === undefined ? 200 : 500, wrong ?? "");
    }
    if (searchParams.get("index") === String(index)) await change(Number.parseFloat(searchParams.get("wait") ?? "0"));
    say(200, JSON.stringify(get(pathname)));
  };

  const change = (waitMs: number): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        waiting.delete(done);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      waiting.add(done);
    });

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      closed = true;
      for (const { check } of agent.values()) clearTimeout(check?.timer);
      for (const wake of waiting) wake();
      const ended = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await ended;
    },
  };
}
