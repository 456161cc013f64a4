import { availableParallelism, loadavg } from "node:os";
import { type Options, readOptions, usage } from "./options.js";
import { registries } from "./registries.js";
import type { Row } from "./row.js";
import { localRows, rows } from "./rows.js";
import { limitMs, type Outcome, runLocalRow, runRow } from "./run-row.js";
import { sizes } from "./sizes.js";
import { linesOf, type Part, tableOf, verdictOn } from "./table.js";
import type { Where } from "./where.js";

/*
 * `npm run chaos`. 0: every must was kept. 1: one was missed. 3: none was, but of some it cannot be told, since the machine
 * was busy. 2: wrong options, or a registry is not installed. 130: ended by Ctrl-C.
 */

const exitCodes = { kept: 0, missed: 1, unknown: 3 } as const;

const say = (text: string): unknown => process.stdout.write(`${text}\n`);
const tell = (text: string): unknown => process.stderr.write(`${text}\n`);

async function run({ registries: kinds, only, size }: Options): Promise<number> {
  const startedAt = performance.now();
  const [load = 0] = loadavg();
  const chosen = rows.filter(({ number }) => only.includes(number));
  const local = localRows.filter(({ number }) => only.includes(number));
  const about = [
    ...kinds.flatMap(() => chosen.map((row) => row.aboutMs(sizes[size]))),
    ...local.map((row) => row.aboutMs()),
  ];
  const sum = (of: (ms: number) => number): number => about.reduce((total, ms) => total + of(ms), 0);
  tell(`about ${minutes(sum((ms) => ms))}, and at most ${minutes(sum(limitMs))}`);
  const parts: Part[] = [];
  for (const kind of kinds) parts.push({ where: registries[kind].title, outcomes: await runWith(kind, chosen, size) });
  const here: Outcome[] = [];
  for (const row of local) here.push(await runLocalRow(row));
  parts.push({ where: "one process", outcomes: here });
  say(`${tableOf(parts)}\n`);
  say(
    `${size} run of ${minutes(performance.now() - startedAt)}, node ${process.versions.node}, ${availableParallelism()} CPUs, load before: ${load.toFixed(1)}`,
  );
  return exitCodes[verdictOn(parts.flatMap(({ outcomes }) => outcomes))];
}

const minutes = (ms: number): string => `${(ms / 60_000).toFixed(1)} minutes`;

async function runWith(
  kind: Where["kind"],
  chosen: readonly Row[],
  size: Options["size"],
): Promise<readonly Outcome[]> {
  if (chosen.length === 0) return [];
  const outcomes: Outcome[] = [];
  const registry = await registries[kind].open({ after: (task) => void atEnd.push(task as () => unknown) });
  for (const row of chosen) {
    const onProgress = (text: string): unknown => tell(`${kind}, row ${row.number}: ${text}`);
    onProgress(row.title);
    // A row that failed may have left it dead; where it runs this rejects.
    await registry.start().catch(() => {});
    const outcome = await runRow(row, { kind, registry, sizes: sizes[size], onProgress });
    outcomes.push(outcome);
    for (const line of linesOf(registries[kind].title, outcome)) tell(line);
  }
  await finish();
  return outcomes;
}

const atEnd: (() => unknown)[] = [];

async function finish(): Promise<void> {
  for (const task of atEnd.splice(0)) await task();
}

let options: Options | undefined;
try {
  options = readOptions(process.argv.slice(2));
  for (const kind of options.registries) {
    const { missing } = registries[kind];
    if (missing !== false) throw new Error(missing);
  }
} catch (error) {
  tell(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = 2;
  options = undefined;
}
// Processes of ours end with this one; the registry is told.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => void finish().then(() => process.exit(130)));
}
if (options !== undefined) {
  try {
    process.exitCode = await run(options);
  } finally {
    await finish();
  }
}
