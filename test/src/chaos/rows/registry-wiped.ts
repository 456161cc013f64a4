import { setTimeout as delay } from "node:timers/promises";
import { noneFailed, underLoad } from "../load.js";
import { machineMs } from "../machine-time.js";
import type { Row } from "../row.js";
import { registryAt } from "../where.js";
import { WorkService } from "../work.js";

const aliveMs = 1_000;
const patience = 4;

/** The registry forgets everything. */
export const registryWiped: Row = {
  number: 4,
  title: "registry's data wiped and restarted",
  aboutMs: (sizes) => sizes.ttlMs,
  async measure(scene) {
    const { registry, servers, sizes, where } = scene;
    let [seenMs, newcomerMs] = [Number.NaN, Number.NaN];
    const load = await underLoad(scene, "both", async () => {
      await delay(aliveMs);
      await registry.kill();
      await registry.start({ wiped: true });
      const thereAt = machineMs();
      scene.onProgress("the registry is back, and empty");
      const wanted = servers.map(({ id }) => id);
      const reader = registryAt(where);
      try {
        for (let seen: readonly string[] = []; !wanted.every((id) => seen.includes(id)); await delay(20)) {
          if (machineMs() > thereAt + patience * sizes.ttlMs) throw new Error(`of ${wanted} only ${seen} are listed`);
          seen = (await reader.list(WorkService.name, AbortSignal.timeout(aliveMs)).catch(() => [])).map(
            ({ id }) => id,
          );
        }
        seenMs = machineMs() - thereAt;
      } finally {
        await reader.close();
      }
      const newcomer = await scene.start();
      servers.push(newcomer);
      await scene.untilAllAreUsed();
      newcomerMs = machineMs() - newcomer.openedAt;
    });
    return [
      ...noneFailed([load]),
      {
        what: `all listed again, TTL ${sizes.ttlMs / 1_000} s`,
        measured: seenMs,
        unit: "ms",
        atMost: 2 * sizes.ttlMs,
        busy: 2,
      },
      { what: "a server that comes after that is used after", measured: newcomerMs, unit: "ms" },
    ];
  },
};
