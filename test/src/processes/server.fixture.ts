import { bind, defineService, type Registry, serve } from "@rpc/core";
import { fileRegistry } from "@rpc/registry-file";

/** What a server process of these tests does: each method is told when its caller stops waiting, in ms of the system's time. */
export interface Work {
  again(until: number): number;
  once(until: number): number;
  /** Answers after `ms`. */
  after(ms: number): number;
}

export const WorkService = defineService<Work>("test.Work", { again: { idempotent: true }, once: {}, after: {} });

/** What the process is told in its environment, as JSON. */
export interface ServerTask {
  readonly listen: string;
  /** Directory of the registry; none: it is registered nowhere. */
  readonly directory?: string;
  /** Or else a registry in a server on this port of loopback. */
  readonly registry?: { readonly kind: "etcd" | "zookeeper"; readonly port: number; readonly ttlMs: number };
}

/** What it says: where it listens, and, when asked, what it ran. */
export type ServerSays =
  | { readonly address: string; readonly id: string }
  | { readonly ran: number; readonly expired: number };

if (process.env["RPC_TEST_SERVER"] !== undefined) await run(JSON.parse(process.env["RPC_TEST_SERVER"]) as ServerTask);

async function run({ listen, directory, registry: remote }: ServerTask): Promise<void> {
  let ran = 0;
  let expired = 0;
  const note = (until: number): number => {
    ran++;
    if (Date.now() > until) expired++;
    return ran;
  };
  const registry = directory === undefined ? remote && (await registryIn(remote)) : fileRegistry({ directory });
  const server = await serve({
    services: [
      bind(WorkService, {
        again: note,
        once: note,
        after: (ms: number) => new Promise<number>((resolve) => setTimeout(resolve, ms, ms)),
      }),
    ],
    listen,
    insecure: true,
    ...(registry && { registry }),
  });
  process.on("SIGTERM", () => {
    void server
      .close()
      .then(() => registry?.close())
      .then(() => process.disconnect());
  });
  process.on("message", () => process.send?.({ ran, expired }));
  process.send?.({ address: server.address, id: server.instance });
}

/** Loaded where it is wanted: their clients take a while. */
export async function registryIn({ kind, port, ttlMs }: NonNullable<ServerTask["registry"]>): Promise<Registry> {
  if (kind === "etcd")
    return (await import("@rpc/registry-etcd")).etcdRegistry({ hosts: `http://127.0.0.1:${port}`, ttlMs });
  return (await import("@rpc/registry-zookeeper")).zookeeperRegistry({ hosts: `127.0.0.1:${port}`, ttlMs });
}
