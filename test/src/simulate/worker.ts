import { runSeed } from "./run-seed.js";

// Run by many-seeds.ts: the seeds from `from` on, every `workers`-th of them.
const [from = 0, seeds = 0, workers = 1, worker = 0] = process.argv.slice(2).map(Number);
for (let seed = from + worker; seed < from + seeds; seed += workers) {
  const result = await runSeed(seed);
  await new Promise<void>((resolve) => process.send?.(result, () => resolve()));
}
process.disconnect?.();
