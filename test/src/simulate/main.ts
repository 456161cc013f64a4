import { runInProcesses, type Totals } from "./many-seeds.js";
import { type Options, readOptions, usage } from "./options.js";
import { runSeed, type SeedResult } from "./run-seed.js";
import { shrink } from "./shrink.js";

/* `npm run simulate`. 0: every rule was kept. 1: one was broken. 2: wrong options. */

const say = (text: string): unknown => process.stdout.write(`${text}\n`);

async function one(seed: number, { trace, without, calls }: Options): Promise<boolean> {
  const result = await runSeed(seed, {
    without,
    ...(calls !== undefined && { calls }),
    ...(trace && { onTrace: say }),
  });
  say(`plan: ${JSON.stringify(result.plan, undefined, 2)}`);
  say(`${result.events} events, digest ${result.digest}, ${shown(result.endings)}`);
  for (const violation of result.violations) say(`broken: ${violation}`);
  return result.violations.length === 0;
}

async function many({ from, seeds, workers }: Options): Promise<boolean> {
  const startedAt = performance.now();
  const totals = await runInProcesses(from, seeds, workers);
  const seconds = (performance.now() - startedAt) / 1_000;
  say(summary(totals, seconds));
  totals.broken.sort((a, b) => a.seed - b.seed);
  for (const result of totals.broken.slice(0, 5)) await explain(result);
  if (totals.broken.length > 5)
    say(
      `and seeds ${totals.broken
        .slice(5)
        .map(({ seed }) => seed)
        .join(", ")}`,
    );
  return totals.broken.length === 0;
}

async function explain({ seed, violations, plan }: SeedResult): Promise<void> {
  say(`\nseed ${seed} broke ${violations.length === 20 ? "20 rules or more" : `${violations.length}`}:`);
  for (const violation of violations.slice(0, 3)) say(`  ${violation}`);
  const { without = [], calls } = await shrink(seed, plan.faults.length, plan.calls + plan.burst);
  const left = plan.faults.filter((_, index) => !without.includes(index)).map(({ what }) => what);
  say(`  It takes ${left.length === 0 ? "no fault" : left.join(", ")} and ${calls} calls. To see it again:`);
  const leaveOut = without.length === 0 ? "" : ` --without ${without.join(",")}`;
  say(`  npm run simulate -- --seed ${seed}${leaveOut} --calls ${calls} --trace`);
}

function summary({ seeds, events, calls, endings, broken }: Totals, seconds: number): string {
  const speed = `${seconds.toFixed(1)} s, ${Math.round(events / seconds)} events a second`;
  return `${seeds} seeds, ${events} events, ${calls} calls (${shown(endings)}) in ${speed}: ${broken.length} broken`;
}

function shown(endings: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(endings).sort(([, a], [, b]) => b - a);
  return sorted.map(([ending, times]) => `${ending} ${times}`).join(", ");
}

let options: Options | undefined;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = 2;
}
if (options !== undefined) {
  const kept = options.seed === undefined ? await many(options) : await one(options.seed, options);
  process.exitCode = kept ? 0 : 1;
}
