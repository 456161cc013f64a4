import { setTimeout as delay } from "node:timers/promises";
import { doubtOf } from "../figure.js";
import { noneFailed, underLoad } from "../load.js";
import { machineMs } from "../machine-time.js";
import type { Ended } from "../outcomes.js";
import { p99 } from "../quantile.js";
import type { Row } from "../row.js";

const second = 1_000;
/** Of kills that the machine disturbed so many more are made, as a share of all. */
const mostAgain = 0.5;

/** Servers are killed one after the other; what callers of idempotent methods notice. */
export const killedIdempotent: Row = {
  number: 1,
  title: "SIGKILL of one of three, idempotent calls",
  aboutMs: (sizes) => sizes.kills * (sizes.settleMs + sizes.restartMs + 1_000),
  async measure(scene) {
    const { client, servers, sizes } = scene;
    const loads: Ended[] = [];
    /** Of the kills that the machine let alone, and of the others. */
    const [quiet, disturbed] = [new Pool(), new Pool()];
    const most = sizes.again ? Math.floor(sizes.kills * (1 + mostAgain)) : sizes.kills;
    for (let kill = 0; quiet.kills < sizes.kills && kill < most; kill++) {
      scene.onProgress(`kill ${kill + 1}, ${quiet.kills} of ${sizes.kills} undisturbed`);
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
      const heldUp = await scene.heldUp({ fromMs: killedAt - second, toMs: killedAt + 2 * second });
      const pool = doubtOf(heldUp) === undefined ? quiet : disturbed;
      pool.kills++;
      pool.heldUp += heldUp;
      for (const [name, from] of [
        ["before", -second],
        ["after", 0],
        ["later", second],
      ] as const) {
        const span = await client.ask("span", { fromMs: killedAt + from, toMs: killedAt + from + second });
        pool.tookMs[name].push(...span.tookMs);
      }
    }
    const pool = quiet.kills * 2 > sizes.kills ? quiet : disturbed;
    const [before, after, later] = [p99(pool.tookMs.before), p99(pool.tookMs.after), p99(pool.tookMs.later)];
    const doubt = doubtOf(pool.heldUp / pool.kills);
    const judged = { unit: "x", busy: Number.POSITIVE_INFINITY, ...(doubt && { doubt }) } as const;
    return [
      ...noneFailed(loads),
      { what: `p99 of the second before, ${pool.kills} kills of ${loads.length}`, measured: before, unit: "ms" },
      { what: "p99 of the second after / before", measured: after / before, atMost: 3, ...judged },
      { what: "p99 of the one after that / before", measured: later / before, atMost: 1.5, ...judged },
    ];
  },
};

class Pool {
  kills = 0;
  /** The sum of the shares for which the machine held it up, in %. */
  heldUp = 0;
  readonly tookMs = { before: [] as number[], after: [] as number[], later: [] as number[] };
}
