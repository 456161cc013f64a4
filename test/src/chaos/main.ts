import { availableParallelism, loadavg } from "node:os";
import { type Options, readOptions, usage } from "./options.js";
import { registries } from "./registries.js";
import { localRows, rows } from "./rows.js";
import { type Outcome, runLocalRow, runRow } from "./run-row.js";
import { sizes } from "./sizes.js";
import { allKept, tableOf } from "./table.js";
import type { Where } from "./where.js";

/* `npm run chaos`. 0: every must was kept. 1: one was missed. 2: wrong options, or a registry is not installed. 130: ended by Ctrl-C. */

const say = (text: string): unknown => process.stdout.write(`${text}\n`);
const tell = (text: string): unknown => process.stderr.write(`${text}\n`);

async function run({ registries: kinds, only, size }: Options): Promise<boolean> {
  const startedAt = performance.now();
  const [load = 0] = loadavg();
  const outcomes: Outcome[] = [];
  const show = (title: string, some: readonly Outcome[]): void => {
    if (some.length === 0) return;
    outcomes.push(...some);
    say(`${tableOf(title, some)}\n`);
  };
  for (const kind of kinds) show(registries[kind].title, await runWith(kind, { only, size }));
  const local: Outcome[] = [];
  for (const row of localRows.filter(({ number }) => only.includes(number))) local.push(await runLocalRow(row));
  show("in one process", local);
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  say(
    `${size} run of ${seconds} s, node ${process.versions.node}, ${availableParallelism()} CPUs, load before: ${load.toFixed(1)}`,
  );
  return allKept(outcomes);
}

async function runWith(
  kind: Where["kind"],
  { only, size }: Pick<Options, "only" | "size">,
): Promise<readonly Outcome[]> {
  const chosen = rows.filter(({ number }) => only.includes(number));
  if (chosen.length === 0) return [];
  const outcomes: Outcome[] = [];
  const registry = await registries[kind].open({ after: (task) => void atEnd.push(task as () => unknown) });
  for (const row of chosen) {
    const onProgress = (text: string): unknown => tell(`${kind}, row ${row.number}: ${text}`);
    onProgress(row.title);
    // A row that failed may have left it dead; where it runs this rejects.
    await registry.start().catch(() => {});
    outcomes.push(await runRow(row, { kind, registry, sizes: sizes[size], onProgress }));
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
    process.exitCode = (await run(options)) ? 0 : 1;
  } finally {
    await finish();
  }
}
