import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openProgram, type Program } from "@rpc/bench/processes";
import { freePorts } from "../servers/free-ports.js";
import type { RealServer } from "../servers/real-server.js";
import { atEnd, type Ending } from "../wire/ground/at-end.js";
import type { Behaviour, ClientQuestions, Period, ServerQuestions } from "./questions.js";
import type { Sizes } from "./sizes.js";
import { openWaits } from "./waits.js";
import type { Where } from "./where.js";

/** Of this process, which has next to nothing to do. */
const ownWaits = openWaits({ idle: true });
const servers = 3;
const patienceMs = 30_000;
/** Waits grow to half of it. */
const usedMs = 60_000;
/** What a call takes a server that is well, in ms. */
export const wellMs = 2;
export const well: Behaviour = { takesMs: wellMs, unavailable: false };

/** A server of the scene, in a process of its own. */
export interface ChaosServer {
  readonly program: Program<ServerQuestions>;
  readonly id: string;
  readonly port: number;
  /** The file in which it takes down what it ran. */
  readonly notes: string;
  readonly openedAt: number;
}

/** A registry, three servers and a client, each in a process of its own. */
export interface Scene {
  readonly registry: RealServer;
  readonly where: Where;
  readonly sizes: Sizes;
  readonly client: Program<ClientQuestions>;
  /** Those that run; to be changed by who kills one. */
  readonly servers: ChaosServer[];
  /** The files of all servers there ever were. */
  readonly notes: readonly string[];
  /** Starts a server; resolves when it is registered, or its registry has been away for a while. */
  start(how?: { readonly port?: number }): Promise<ChaosServer>;
  /** Resolves when the client chooses among all servers; rejects where that takes a minute. */
  untilAllAreUsed(): Promise<void>;
  /** Resolves to the share of a time for which the machine held up one of them, in %: who had to wait for the longest. */
  heldUp(period: Period): Promise<number>;
  onProgress(text: string): void;
}

/** Where a scene takes place. */
export interface Place extends Pick<Scene, "registry" | "sizes" | "onProgress"> {
  readonly kind: Where["kind"];
}

/** Starts the servers and the client. All end with the test, or whatever `t` is. */
export async function openScene(
  t: Ending,
  { registry, sizes, kind, onProgress }: Place,
  behaviour: Behaviour = well,
): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), "rpc-chaos-"));
  atEnd(t, () => rm(folder, { recursive: true, force: true }));
  const where: Where = { kind, port: registry.port, cluster: randomUUID(), ttlMs: sizes.ttlMs };
  const notes: string[] = [];
  const running: ChaosServer[] = [];
  const start: Scene["start"] = async ({ port } = {}) => {
    const file = join(folder, `server-${notes.length}`);
    notes.push(file);
    const program = openProgram<ServerQuestions>({
      file: new URL("server.js", import.meta.url),
      name: "server of chaos",
    });
    atEnd(t, () => program.kill());
    const listen = port ?? (await freePorts(1))[0]!;
    const opened = await program.ask("open", { ...behaviour, where, port: listen, notes: file }, patienceMs);
    return { program, port: listen, notes: file, ...opened };
  };
  for (const port of await freePorts(servers)) running.push(await start({ port }));
  const client = openProgram<ClientQuestions>({ file: new URL("client.js", import.meta.url), name: "client of chaos" });
  atEnd(t, () => client.kill());
  await client.ask("open", { where, balancer: "default" });
  const scene: Scene = {
    ...{ registry, where, sizes, client, servers: running, notes, start, onProgress },
    async untilAllAreUsed() {
      const startedAt = performance.now();
      for (;;) {
        const ready = await client.ask("ready", {});
        if (running.every(({ id }) => ready.includes(id))) return;
        if (performance.now() - startedAt > usedMs)
          throw new Error(`of ${running.map(({ id }) => id)} the client uses ${ready}`);
        await delay(20);
      }
    },
    async heldUp(period) {
      const { fromMs, toMs } = period;
      const ofServers = running.map(({ program }) => program.ask("waited", period));
      const others = await Promise.all([client.ask("waited", period), ...ofServers]);
      return (100 * Math.max(ownWaits.within(fromMs, toMs), ...others)) / (toMs - fromMs);
    },
  };
  await scene.untilAllAreUsed();
  return scene;
}
