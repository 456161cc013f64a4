import { shuffled } from "../statistics/random.js";
import { defineTrial } from "./trial.js";

const many = 10_000;
const few = 512;

/** Whether ten thousand calls in flight on one connection cost more each than five hundred do. */
export const inFlight = defineTrial({
  id: "in-flight",
  title: "calls in flight on one connection, limits at 16,384",
  figures: {
    many: {
      what: "calls/s with 10,000 in flight / with 512",
      unit: "x",
      goal: { kind: "atLeast", must: 0.8, aim: 0.95 },
    },
    bareMany: { what: "the same of the bare socket, which keeps a promise for each call and little else", unit: "x" },
  },
  async measure({ rounds, quick, random, openPair, onProgress }) {
    const pairs = { many: await openPair("core-wide"), bareMany: await openPair("bare") };
    const names = ["many", "bareMany"] as const;
    const drive = async (name: keyof typeof pairs, count: number, forMs: number): Promise<number> => {
      const options = { workload: "echo" as const, inFlight: count, leadInMs: 100, forMs, withLatency: false };
      return (await pairs[name].client.ask("drive", options, forMs + 20_000)).callsPerSecond;
    };
    for (const name of names) {
      await pairs[name].client.ask("verify", { workload: "echo" });
      for (const count of [64, few, many, few, many]) await drive(name, count, quick ? 300 : 600);
    }
    const found = { many: [] as number[], bareMany: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      onProgress(`calls in flight: round ${round + 1} of ${rounds}`);
      for (const name of shuffled(names, random)) {
        const rates = new Map<number, number>();
        for (const count of shuffled([many, few], random))
          rates.set(count, await drive(name, count, quick ? 300 : 400));
        found[name].push(rates.get(many)! / rates.get(few)!);
      }
    }
    return found;
  },
});
