import { shuffled } from "../statistics/random.js";
import { defineTrial } from "./trial.js";

const largeBytes = 3 * 1_024 * 1_024;
const callsPerSecond = 2_000;

/** What large answers, one after the other, do to small calls on the same connection. Calls are made at a steady rate, answered or not. */
export const largeAnswers = defineTrial({
  id: "large-answers",
  title: `${callsPerSecond} small calls a second beside answers of 3 MiB, on one connection`,
  figures: {
    p99: {
      what: "p99 of small calls beside 3 MiB answers / alone",
      unit: "x",
      goal: { kind: "atMost", must: 5, aim: 2 },
    },
    besideUs: { what: "their p99 beside 3 MiB answers", unit: "µs" },
    aloneUs: { what: "their p99 alone", unit: "µs" },
    perSecond: { what: "3 MiB answers a second", unit: "count" },
  },
  async measure({ quick, random, openPair, onProgress }) {
    const { client } = await openPair("core");
    await client.ask("verify", { workload: "echo" });
    const forMs = quick ? 500 : 1_000;
    const loop = (besideBytes: number) => client.ask("openLoop", { callsPerSecond, forMs, besideBytes });
    for (const besideBytes of [0, largeBytes, 0, largeBytes]) await loop(besideBytes);
    const rounds = quick ? 5 : 15;
    const found = { p99: [] as number[], besideUs: [] as number[], aloneUs: [] as number[], perSecond: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      onProgress(`large answers: round ${round + 1} of ${rounds}`);
      const slices = new Map<number, Awaited<ReturnType<typeof loop>>>();
      for (const besideBytes of shuffled([0, largeBytes], random)) slices.set(besideBytes, await loop(besideBytes));
      const alone = slices.get(0)!;
      const beside = slices.get(largeBytes)!;
      found.p99.push(beside.p99Us / alone.p99Us);
      found.besideUs.push(beside.p99Us);
      found.aloneUs.push(alone.p99Us);
      found.perSecond.push(beside.besideAnswers / (forMs / 1_000));
    }
    return found;
  },
});
