import { setTimeout as delay } from "node:timers/promises";
import { isOverload, turnedAway, underLoad } from "../load.js";
import { readNotes } from "../notes.js";
import type { Row } from "../row.js";
import { well } from "../scene.js";

const liveMs = 1_000;
const deadMs = 300;

/** Servers are killed one after the other; what becomes of calls that may not run twice. */
export const killedPlain: Row = {
  number: 2,
  title: "SIGKILL of one of three, other calls",
  aboutMs: (sizes) => sizes.plainKills * (liveMs + deadMs + 1_000),
  // So long that each server has some under way at any time.
  behaviour: { ...well, takesMs: 100 },
  async measure(scene) {
    const { servers, sizes } = scene;
    const killed = new Set<string>();
    const { made, answered, failures, counted } = await underLoad(scene, "once", async () => {
      for (let kill = 0; kill < sizes.plainKills; kill++) {
        scene.onProgress(`kill ${kill + 1} of ${sizes.plainKills}`);
        await delay(liveMs);
        const victim = servers.shift()!;
        killed.add(`tcp://127.0.0.1:${victim.port}`);
        await victim.program.kill();
        await delay(deadMs);
        servers.push(await scene.start({ port: victim.port }));
        await scene.untilAllAreUsed();
      }
    });
    const ran = new Map<number, number>();
    for (const file of scene.notes) for (const call of readNotes(file)) ran.set(call, (ran.get(call) ?? 0) + 1);
    const failed = new Set(failures.map(({ call }) => call));
    const unfit = failures
      .filter((failure) => !isOverload(failure))
      .filter(({ processed, endpoint = "" }) => processed !== "maybe" || !killed.has(endpoint));
    const twice = [...ran.values()].filter((times) => times > 1).length;
    let unknown = [...ran.keys()].filter((call) => call >= made).length;
    for (let call = 0; call < made; call++) if (!failed.has(call) && !ran.has(call)) unknown++;
    const miscounted =
      Math.abs(counted.ok - answered) +
      Math.abs(counted.failed - failures.length) +
      (made - answered - failures.length);
    const [first] = unfit;
    return [
      { what: `calls that failed, of ${made}`, measured: failures.length, unit: "", atLeast: 1 },
      { what: "of them such as ran", measured: failures.filter(({ call }) => ran.has(call)).length, unit: "" },
      {
        what: 'failed elsewhere than at the one killed, or not as "maybe"',
        measured: unfit.length,
        unit: "",
        atMost: 0,
        ...(first && { note: `${first.code}/${first.reason}, processed ${first.processed}: ${first.message}` }),
      },
      turnedAway(failures),
      { what: "ran twice", measured: twice, unit: "", atMost: 0 },
      { what: "answered and not in a server's log, or there and never made", measured: unknown, unit: "", atMost: 0 },
      { what: "client's counters against its outcomes, calls apart", measured: miscounted, unit: "", atMost: 0 },
    ];
  },
};
