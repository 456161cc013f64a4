import { tell } from "../seeds/in-processes.js";
import { runCases, seeded } from "./run-cases.js";

// Run by many-cases.ts: the seeds from `from` on, every `workers`-th of them.
const [from = 0, count = 0, workers = 1, worker = 0] = process.argv.slice(2).map(Number);
// Errors are made by the thousand; whoever looks into a seed runs it alone.
Error.stackTraceLimit = 0;
await tell(await runCases(seeded(from + worker, count - worker, workers)));
process.disconnect?.();
