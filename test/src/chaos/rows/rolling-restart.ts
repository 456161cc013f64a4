import { noneFailed, underLoad } from "../load.js";
import type { Row } from "../row.js";

const drainMs = 30_000;

/** All servers are restarted, one after the other, again and again: on their ports, and on new ones every other round. */
export const rollingRestart: Row = {
  number: 5,
  title: "rolling restart of all servers",
  aboutMs: (sizes) => sizes.rounds * 3 * 1_000,
  async measure(scene) {
    const { servers, sizes } = scene;
    const restarts = sizes.rounds * servers.length;
    const load = await underLoad(scene, "both", async () => {
      for (let restart = 0; restart < restarts; restart++) {
        if (restart % servers.length === 0)
          scene.onProgress(`round ${restart / servers.length + 1} of ${sizes.rounds}`);
        const old = servers.shift()!;
        await old.program.ask("close", {}, drainMs);
        await old.program.end();
        const samePort = Math.floor(restart / (servers.length + 1)) % 2 === 0;
        servers.push(await scene.start(samePort ? { port: old.port } : {}));
        await scene.untilAllAreUsed();
      }
    });
    return [...noneFailed([load], `calls that failed in ${sizes.rounds} rounds`)];
  },
};
