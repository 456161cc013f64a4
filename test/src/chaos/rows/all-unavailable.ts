import { setTimeout as delay } from "node:timers/promises";
import { underLoad } from "../load.js";
import { machineMs } from "../machine-time.js";
import type { Row } from "../row.js";
import { type Scene, well } from "../scene.js";

/** How long full goodput may take to be back, in ms, and how long calls are watched after that. */
const backMs = 5_000;
const watchMs = 2_000;

/** All servers answer `unavailable` for a while. */
export const allUnavailable: Row = {
  number: 7,
  title: "all servers answer unavailable for a while",
  aboutMs: (sizes) => sizes.beforeMs + sizes.unavailableMs + backMs + watchMs,
  async measure(scene) {
    const { client, sizes } = scene;
    let [sent, from, to] = [0, 0, 0];
    await underLoad(scene, "again", async () => {
      await delay(sizes.beforeMs);
      const before = await runs(scene);
      from = machineMs();
      await behave(scene, true);
      await delay(sizes.unavailableMs);
      sent = (await runs(scene)) - before;
      to = machineMs();
      await behave(scene, false);
      scene.onProgress("they answer again");
      await delay(backMs + watchMs);
    });
    const away = await client.ask("span", { fromMs: from, toMs: to });
    const back = await client.ask("span", { fromMs: to, toMs: to + backMs + watchMs });
    const good = await client.ask("span", { fromMs: to + backMs, toMs: to + backMs + watchMs });
    return [
      {
        what: `requests sent for each of ${away.calls} calls in ${sizes.unavailableMs / 1_000} s`,
        measured: sent / away.calls,
        unit: "x",
        atMost: 1.15,
        // Ten a second are beside the tenth of the calls, which is much where calls are few.
        busy: 1.3,
      },
      {
        what: "of them failed, as they must",
        measured: (100 * away.failed) / away.calls,
        unit: "%",
        atLeast: 90,
        busy: 1.2,
      },
      {
        what: "last failure after",
        measured: back.failed === 0 ? 0 : back.lastFailedAt - to,
        unit: "ms",
        atMost: backMs,
        busy: 1.2,
      },
      {
        what: "goodput then, of what is offered",
        measured: (100 * (good.calls - good.failed)) / good.calls,
        unit: "%",
        atLeast: 100,
        busy: 1.2,
      },
    ];
  },
};

async function runs({ servers }: Scene): Promise<number> {
  const counts = await Promise.all(servers.map(({ program }) => program.ask("runs", {})));
  return counts.reduce((sum, { count }) => sum + count, 0);
}

async function behave({ servers }: Scene, unavailable: boolean): Promise<void> {
  await Promise.all(servers.map(({ program }) => program.ask("behave", { ...well, unavailable })));
}
