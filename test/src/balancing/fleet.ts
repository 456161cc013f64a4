import type { Balancer, ConnectSettings, RpcError } from "@rpc/core";
import { bind, defineService } from "@rpc/core";
import { type Cluster, createCluster, type SimulatedProcess } from "@rpc/core/testing";

interface Desk {
  ask(n: number): string;
}

const DeskService = defineService<Desk>("Desk", { ask: { idempotent: true } });

/** How long a server takes for a call, in ms; or what it fails with. */
type Behaviour = (nowMs: number) => number | Error;

interface FleetOptions {
  readonly seed: number;
  /** What each server does; changed while it runs by what the function looks at. */
  readonly servers: Readonly<Record<string, Behaviour>>;
  readonly balancer: (random: () => number) => Balancer;
  readonly settings?: Partial<ConnectSettings>;
}

/** What became of a call. */
interface Done {
  readonly at: number;
  readonly tookMs: number;
  readonly error: RpcError | undefined;
}

/** Servers and one client on virtual time, and who was asked when. */
interface Fleet {
  readonly cluster: Cluster;
  readonly asked: readonly { readonly server: string; readonly at: number }[];
  readonly done: readonly Done[];
  /** Makes so many calls a second, at random moments, for so long, and waits until all have settled. */
  load(aSecond: number, forMs: number): Promise<void>;
}

export async function openFleet({ seed, servers, balancer, settings = {} }: FleetOptions): Promise<Fleet> {
  const cluster = createCluster({ seed, network: { latencyMs: 0.2, jitterMs: 0.1 } });
  const asked: { server: string; at: number }[] = [];
  const done: Done[] = [];
  for (const [name, behaviour] of Object.entries(servers)) {
    const process = cluster.process(name);
    await cluster.finish(serveDesk(cluster, process, behaviour, () => asked.push({ server: name, at: cluster.nowMs })));
  }
  const client = cluster.process("client");
  const connector = client.connect({ registry: client.registry, balancer: balancer(client.random), ...settings });
  const desk = connector.client(DeskService);
  const chance = cluster.random("load");
  let settled = 0;
  let made = 0;
  const call = (): void => {
    const at = cluster.nowMs;
    const end = (error: RpcError | undefined): void => {
      settled++;
      done.push({ at, tookMs: cluster.nowMs - at, error });
    };
    desk.ask(made++).then(
      () => end(undefined),
      (thrown: RpcError) => end(thrown),
    );
  };
  await cluster.finish(desk.ask(-1).catch(() => {}));
  await cluster.advance(1_000);
  asked.length = 0;
  return {
    cluster,
    asked,
    done,
    async load(aSecond, forMs) {
      const times = Array.from({ length: Math.round((aSecond * forMs) / 1_000) }, () => chance() * forMs);
      for (const afterMs of times) cluster.after(afterMs, call);
      await cluster.advance(forMs);
      for (let wait = 0; settled < made && wait < 120; wait++) await cluster.advance(100);
    },
  };
}

async function serveDesk(
  cluster: Cluster,
  process: SimulatedProcess,
  behaviour: Behaviour,
  onAsked: () => void,
): Promise<void> {
  const ask = async (): Promise<string> => {
    onAsked();
    const does = behaviour(cluster.nowMs);
    if (does instanceof Error) throw does;
    await process.pause(does);
    return process.name;
  };
  await process.serve({ services: [bind(DeskService, { ask })], registry: process.registry });
}

/** The p-th percentile of the latencies, in ms. */
export function percentile(done: readonly Done[], p: number): number {
  const sorted = done.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? 0;
}
