import { setTimeout as delay } from "node:timers/promises";
import { doubtOf, type Figure } from "../figure.js";
import { noneFailed, underLoad } from "../load.js";
import { machineMs } from "../machine-time.js";
import type { Ended } from "../outcomes.js";
import { p99 } from "../quantile.js";
import type { ClientQuestions } from "../questions.js";
import type { Row } from "../row.js";
import { type Scene, well, wellMs } from "../scene.js";

/** How often it is measured where the machine disturbs it each time: the quietest counts. */
const attempts = 3;
/** How long a balancer may take to notice. */
const noticeMs = 2_000;

/** One server becomes ten times slower. */
export const slowServer: Row = {
  number: 6,
  title: "one server of three ten times slower",
  aboutMs: (sizes) => 2 * (2 * (sizes.warmMs + sizes.slowMs) + noticeMs),
  async measure(scene) {
    const own = await quietest(scene);
    const doubt = doubtOf(own.heldUp);
    const other = scene.sizes.roundRobin ? await withSlow(scene, "roundRobin") : undefined;
    const busy = Number.POSITIVE_INFINITY;
    const share = (percent: number): Figure => ({
      what: "of the calls go to it after 2 s",
      measured: percent,
      unit: "%",
    });
    const ratio = (x: number): Figure => ({ what: "p99 of all / that of a healthy cluster", measured: x, unit: "x" });
    return [
      ...noneFailed(own.loads),
      // A third of them is what it has where nothing is noticed.
      { ...share(own.percent), atMost: 1, busy: 20, ...(doubt && { doubt }) },
      { ...ratio(own.ratio), atMost: 2, busy, ...(doubt && { doubt }) },
      ...(other === undefined ? [] : [share(other.percent), ratio(other.ratio)].map(beside)),
    ];
  },
};

const beside = (figure: Figure): Figure => ({ ...figure, what: `round robin: ${figure.what}` });

async function quietest(scene: Scene): ReturnType<typeof withSlow> {
  let best = await withSlow(scene, "default");
  const loads = [...best.loads];
  for (let attempt = 1; scene.sizes.again && attempt < attempts && doubtOf(best.heldUp) !== undefined; attempt++) {
    const next = await withSlow(scene, "default");
    loads.push(...next.loads);
    if (next.heldUp < best.heldUp) best = next;
  }
  return { ...best, loads };
}

async function withSlow(scene: Scene, balancer: ClientQuestions["open"]["ask"]["balancer"]) {
  const { client, servers, sizes, where } = scene;
  scene.onProgress(balancer === "default" ? "as by default" : "round robin");
  const slow = servers[0]!.program;
  await client.ask("open", { where, balancer });
  await scene.untilAllAreUsed();
  const took = async (fromMs: number): Promise<number> =>
    p99((await client.ask("span", { fromMs, toMs: fromMs + sizes.slowMs })).tookMs);

  let from = 0;
  const healthy = await underLoad(scene, "again", async () => {
    await delay(sizes.warmMs);
    from = machineMs();
    await delay(sizes.slowMs);
  });
  const healthyMs = await took(from);
  const healthyHeldUp = await scene.heldUp({ fromMs: from, toMs: from + sizes.slowMs });
  let [all, atSlow] = [0, 0];
  const slowed = await underLoad(scene, "again", async () => {
    await delay(sizes.warmMs);
    await slow.ask("behave", { ...well, takesMs: 10 * wellMs });
    await delay(noticeMs);
    const before = await counts(scene);
    from = machineMs();
    await delay(sizes.slowMs);
    const after = await counts(scene);
    all = sum(after) - sum(before);
    atSlow = after[0]! - before[0]!;
  });
  const slowMs = await took(from);
  const heldUp = Math.max(healthyHeldUp, await scene.heldUp({ fromMs: from, toMs: from + sizes.slowMs }));
  await slow.ask("behave", well);
  const loads: Ended[] = [healthy, slowed];
  return { percent: (100 * atSlow) / all, ratio: slowMs / healthyMs, loads, heldUp };
}

const counts = (scene: Scene): Promise<number[]> =>
  Promise.all(scene.servers.map(async ({ program }) => (await program.ask("runs", {})).count));

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
