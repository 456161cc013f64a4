import { setTimeout as delay } from "node:timers/promises";
import type { Figure } from "../figure.js";
import { noneFailed, underLoad } from "../load.js";
import type { Row } from "../row.js";

const patienceMs = 10_000;
const stayMs = 1_000;
const drainMs = 30_000;

/** Servers come, and go as at SIGTERM. */
export const newcomers: Row = {
  number: 8,
  title: "a new server, a stopped one",
  aboutMs: (sizes) => sizes.newcomers * (stayMs + 1_000),
  async measure(scene) {
    const usedMs: number[] = [];
    const unusedMs: number[] = [];
    const load = await underLoad(scene, "both", async () => {
      for (let newcomer = 0; newcomer < scene.sizes.newcomers; newcomer++) {
        scene.onProgress(`newcomer ${newcomer + 1} of ${scene.sizes.newcomers}`);
        const { program, openedAt } = await scene.start();
        const { firstAt } = await firstRun(() => program.ask("runs", {}));
        usedMs.push(Math.max(0, firstAt - openedAt));
        await delay(stayMs);
        const { lastAt, closingAt } = await program.ask("close", {}, drainMs);
        unusedMs.push(Math.max(0, lastAt - closingAt));
        await program.end();
      }
    });
    const worst = (what: string, times: readonly number[]): Figure => {
      return {
        what: `${what}, the worst of ${times.length}`,
        measured: Math.max(...times),
        unit: "ms",
        atMost: 1_000,
        busy: 5,
      };
    };
    return [
      ...noneFailed([load]),
      worst("registered, and used after", usedMs),
      worst("stopped, and last used after", unusedMs),
    ];
  },
};

async function firstRun<R extends { readonly count: number }>(ask: () => Promise<R>): Promise<R> {
  for (const startedAt = performance.now(); performance.now() < startedAt + patienceMs; await delay(20)) {
    const runs = await ask();
    if (runs.count > 0) return runs;
  }
  throw new Error(`a new server had no call in ${patienceMs} ms`);
}
