import { setTimeout as delay } from "node:timers/promises";
import type { Started } from "../processes/guard.js";
import { openProgram } from "../processes/open-program.js";
import { type Estimate, estimateSlope, type Point } from "../statistics/median.js";
import { seededRandom } from "../statistics/random.js";
import type { SoakQuestions, Tally } from "./questions.js";

export interface SoakOptions {
  /** How long calls are made, in ms. */
  readonly forMs: number;
  readonly onProgress: (text: string) => void;
  readonly onChild: (child: Started) => void;
}

/** What a soak came to. */
export interface Soaked {
  readonly calls: number;
  /** How calls ended, all together. */
  readonly tally: Tally;
  readonly client: Growth;
  readonly server: Growth;
}

/** Bytes held after garbage was collected, looked at again and again with nothing under way. */
export interface Growth {
  /** Bytes that were added with each call, with their interval. */
  readonly bytesPerCall: Estimate;
  readonly firstBytes: number;
  readonly lastBytes: number;
  readonly looks: number;
}

/** More than one look in this time would measure the rests. */
const shortestSpanMs = 1_500;
const mostLooks = 40;
/** Before the first look that counts: the engine goes on compiling, and that is on the heap too. */
const warmUpShare = 0.4;

/** Lets a client and a server work in processes of their own, restarts the server now and then, and looks at their heaps between. */
export async function soak({ forMs, onProgress, onChild }: SoakOptions): Promise<Soaked> {
  const server = openProgram<SoakQuestions>({ file: new URL("./server.js", import.meta.url), name: "soaked server" });
  onChild(server);
  const client = openProgram<SoakQuestions>({ file: new URL("./client.js", import.meta.url), name: "soaked client" });
  onChild(client);
  try {
    const address = await server.ask("listen", { address: "tcp://127.0.0.1:0" });
    const spanMs = Math.max(shortestSpanMs, forMs / mostLooks);
    const heaps = { client: [] as Point[], server: [] as Point[] };
    const tally: Record<string, number> = {};
    let calls = 0;
    const startedAt = performance.now();
    while (performance.now() < startedAt + forMs) {
      await client.ask("begin", { address });
      await delay(spanMs / 2);
      await server.ask("restart", {});
      await delay(spanMs / 2);
      for (const [name, count] of Object.entries(await client.ask("rest", {}, 40_000))) {
        tally[name] = (tally[name] ?? 0) + count;
        calls += count;
      }
      if (performance.now() < startedAt + warmUpShare * forMs) continue;
      const held = { client: await client.ask("memory", {}), server: await server.ask("memory", {}) };
      for (const side of ["client", "server"] as const) heaps[side].push({ x: calls, y: held[side].heldBytes });
      const shown = (bytes: number): string => `${(bytes / 1_048_576).toFixed(2)} MiB`;
      onProgress(`${calls} calls: client ${shown(held.client.heldBytes)}, server ${shown(held.server.heldBytes)}`);
    }
    return { calls, tally, client: growth(heaps.client), server: growth(heaps.server) };
  } finally {
    await Promise.all([client.kill(), server.kill()]);
  }
}

function growth(points: readonly Point[]): Growth {
  return {
    bytesPerCall: estimateSlope(points, seededRandom(1)),
    firstBytes: points[0]?.y ?? Number.NaN,
    lastBytes: points.at(-1)?.y ?? Number.NaN,
    looks: points.length,
  };
}
