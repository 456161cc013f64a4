import { tell } from "../seeds/in-processes.js";
import { runSeed } from "./run-seed.js";

// Run by many-seeds.ts: the seeds from `from` on, every `workers`-th of them.
const [from = 0, seeds = 0, workers = 1, worker = 0] = process.argv.slice(2).map(Number);
// Errors are made by the thousand; whoever looks into a seed runs it alone.
Error.stackTraceLimit = 0;
for (let seed = from + worker; seed < from + seeds; seed += workers) await tell(await runSeed(seed));
process.disconnect?.();
