import { setTimeout as delay } from "node:timers/promises";
import { noneFailed, underLoad } from "../load.js";
import { machineMs } from "../machine-time.js";
import type { Ended } from "../outcomes.js";
import { p99 } from "../quantile.js";
import type { Row } from "../row.js";

const second = 1_000;

/** Servers are killed one after the other; what callers of idempotent methods notice. */
export const killedIdempotent: Row = {
  number: 1,
  title: "SIGKILL of one of three, idempotent calls",
  async measure(scene) {
    const { client, servers, sizes } = scene;
    const loads: Ended[] = [];
    const tookMs = { before: [] as number[], after: [] as number[], later: [] as number[] };
    for (let kill = 0; kill < sizes.kills; kill++) {
      scene.onProgress(`kill ${kill + 1} of ${sizes.kills}`);
      let killedAt = 0;
      const load = await underLoad(scene, "again", async () => {
        await delay(sizes.settleMs);
        const victim = servers.shift()!;
        killedAt = machineMs();
        await victim.program.kill();
        await delay(sizes.restartMs);
        servers.push(await scene.start({ port: victim.port }));
        await scene.untilAllAreUsed();
      });
      loads.push(load);
      // Asked when nothing is measured: to look through them takes the client a moment.
      for (const [name, from] of [
        ["before", -second],
        ["after", 0],
        ["later", second],
      ] as const) {
        const span = await client.ask("span", { fromMs: killedAt + from, toMs: killedAt + from + second });
        tookMs[name].push(...span.tookMs);
      }
    }
    const [before, after, later] = [p99(tookMs.before), p99(tookMs.after), p99(tookMs.later)];
    const busy = Number.POSITIVE_INFINITY;
    return [
      noneFailed(loads),
      { what: "p99 of the second before", measured: before, unit: "ms" },
      { what: "p99 of the second after / before", measured: after / before, unit: "x", atMost: 3, busy },
      { what: "p99 of the one after that / before", measured: later / before, unit: "x", atMost: 1.5, busy },
    ];
  },
};
