import { setTimeout as delay } from "node:timers/promises";
import { noneFailed, underLoad } from "../load.js";
import { machineMs } from "../machine-time.js";
import type { Row } from "../row.js";

const aliveMs = 1_000;
const deadMs = 1_000;

/** The registry is killed, and while it is away a server, which is started again on its port. */
export const registryAway: Row = {
  number: 3,
  title: "registry killed, one server killed and restarted on its port meanwhile",
  aboutMs: (sizes) => sizes.outageMs + 10_000,
  async measure(scene) {
    const { registry, servers, sizes } = scene;
    let [usedMs, ranMeanwhile] = [Number.NaN, Number.NaN];
    const load = await underLoad(scene, "again", async () => {
      await delay(aliveMs);
      await registry.kill();
      scene.onProgress(`the registry is away for ${sizes.outageMs / 1_000} s`);
      const backAt = performance.now() + sizes.outageMs;
      await delay(sizes.outageMs / 4);
      const victim = servers.shift()!;
      await victim.program.kill();
      await delay(deadMs);
      const restarted = await scene.start({ port: victim.port });
      servers.push(restarted);
      await delay(Math.max(0, backAt - performance.now()));
      ranMeanwhile = (await restarted.program.ask("runs", {})).count;
      await registry.start();
      const thereAt = machineMs();
      await scene.untilAllAreUsed();
      usedMs = machineMs() - thereAt;
      await delay(aliveMs);
    });
    return [
      ...noneFailed([load], `idempotent calls that failed, ${sizes.outageMs / 1_000} s without a registry`),
      { what: "calls that the restarted one had before it was back", measured: ranMeanwhile, unit: "" },
      { what: "all three listed and used again, from when it is back", measured: usedMs, unit: "ms" },
    ];
  },
};
