import { setTimeout as delay } from "node:timers/promises";
import { shuffled } from "../statistics/random.js";
import { openEnds } from "./streams/open-ends.js";
import { defineTrial } from "./trial.js";

const many = 1_000;
const callsPerSecond = 2_000;
/** For streams to open, or to end. */
const settleMs = 200;

/** What a thousand streams do to small calls on the same connection. */
export const streamCrowd = defineTrial({
  id: "stream-crowd",
  title: `${callsPerSecond} small calls a second beside ${many} streams of 20 items of 100 bytes a second, on one connection`,
  figures: {
    p99: {
      what: "p99 of small calls beside the streams / alone",
      unit: "x",
      goal: { kind: "atMost", must: 3, aim: 1.5 },
    },
    besideUs: { what: "their p99 beside the streams", unit: "µs" },
    aloneUs: { what: "their p99 alone", unit: "µs" },
  },
  async measure(lab) {
    const { quick, random, onProgress } = lab;
    const { client } = await openEnds(lab, "core");
    const slice = async (streams: number): Promise<number> => {
      await client.ask("crowd", { streams });
      await delay(settleMs);
      const { p99Us } = await client.ask("openLoop", { callsPerSecond, forMs: quick ? 500 : 1_000 });
      return p99Us;
    };
    for (const streams of [0, many, 0, many]) await slice(streams);
    const found = { p99: [] as number[], besideUs: [] as number[], aloneUs: [] as number[] };
    const rounds = quick ? 5 : 15;
    for (let round = 0; round < rounds; round++) {
      onProgress(`a crowd of streams: round ${round + 1} of ${rounds}`);
      const p99 = new Map<number, number>();
      for (const streams of shuffled([0, many], random)) p99.set(streams, await slice(streams));
      found.p99.push(p99.get(many)! / p99.get(0)!);
      found.besideUs.push(p99.get(many)!);
      found.aloneUs.push(p99.get(0)!);
    }
    return found;
  },
});
