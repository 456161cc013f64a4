import { parseArgs } from "node:util";
import { wholeNumber } from "../seeds/whole-number.js";
import { kindName } from "../wire/raw/numbers.js";
import { attackTls } from "./attack-tls.js";
import { keep } from "./corpus.js";
import { caseOf, type FuzzCase } from "./fuzz-case.js";
import { runInProcesses } from "./many-cases.js";
import { type Finding, runCases } from "./run-cases.js";
import { framesIn } from "./said.js";
import { shrink } from "./shrink.js";

/* `npm run fuzz`. 0: nothing broke. 1: something did. 2: wrong options. */

const usage = `npm run fuzz -- [options]: says right and wrong frames to a real server and to real clients

  --count N     cases; 100000 unless given
  --from S      the seed of the first; 1 unless given
  --workers N   processes that share them; 2 unless given
  --seed S      says the case of this seed alone, and shows it
  --tls         says them to a server over TLS: right, harmed under way, or without TLS; to no clients
  --keep NAME   with --seed: keeps the case in the corpus, which every run of the tests says again

Ends with exit code 1 where something broke.
`;

const say = (text: string): unknown => process.stdout.write(`${text}\n`);

async function many(from: number, count: number, workers: number): Promise<boolean> {
  const startedAt = performance.now();
  const { cases, findings } = await runInProcesses(from, count, workers);
  const seconds = (performance.now() - startedAt) / 1_000;
  say(
    `${cases} cases in ${seconds.toFixed(1)} s, ${Math.round(cases / seconds)} a second: ${findings.length} broke something`,
  );
  for (const { seed, broken } of findings.slice(0, 10)) {
    say(`\nseed ${seed}: ${broken.join("; ")}\n  npm run fuzz -- --seed ${seed}`);
  }
  return findings.length === 0;
}

async function overTls(from: number, count: number): Promise<boolean> {
  const broken = await attackTls(from, count);
  say(`${count} cases over TLS: ${broken.length} broke something`);
  for (const what of broken.slice(0, 10)) say(`\n${what}`);
  if (broken.length > 0) say("\nTo say one again: npm run fuzz -- --tls --seed N");
  return broken.length === 0;
}

async function one(seed: number, name: string | undefined): Promise<boolean> {
  const whole = caseOf(seed);
  const { findings } = await runCases([{ seed, fuzzCase: whole }]);
  const [finding] = findings;
  if (finding === undefined) show(whole);
  else await explain(finding, name ?? "");
  if (finding === undefined && name) say(`kept as ${keep(name, whole, "")}`);
  return finding === undefined;
}

async function explain({ fuzzCase, broken }: Finding, name: string): Promise<void> {
  const least = await shrink(fuzzCase);
  show(least);
  for (const what of broken) say(`broke: ${what}`);
  if (name !== "") say(`kept as ${keep(name, least, broken.join("; "))}`);
}

function show({ side, calls, legal, steps }: FuzzCase): void {
  say(
    `as ${side}${legal ? ", nothing wrong" : ""}${side === "acceptor" ? `, to a client that makes ${calls} calls` : ""}`,
  );
  for (const [step, writes] of steps.entries()) {
    say(`step ${step + 1}: ${writes.length} writes, ${Buffer.concat(writes).length} bytes`);
  }
  for (const { kind, flags, target, id, rest } of framesIn(Buffer.concat(steps.flat()))) {
    const bytes = rest.length > 40 ? `${rest.toString("hex", 0, 40)}…` : rest.toString("hex");
    say(`  ${kindName(kind)} id ${id} flags 0x${flags.toString(16)} target ${target}, ${rest.length} bytes ${bytes}`);
  }
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "100000" },
      from: { type: "string", default: "1" },
      workers: { type: "string", default: "2" },
      seed: { type: "string" },
      tls: { type: "boolean", default: false },
      keep: { type: "string" },
    },
  });
  return {
    count: wholeNumber("count", values.count),
    from: wholeNumber("from", values.from),
    workers: wholeNumber("workers", values.workers),
    seed: values.seed === undefined ? undefined : wholeNumber("seed", values.seed),
    overTls: values.tls,
    keep: values.keep,
  };
}

let options: ReturnType<typeof readOptions> | undefined;
try {
  options = readOptions();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = 2;
}
if (options !== undefined) {
  const { seed, from, count, workers } = options;
  const whole = (): Promise<boolean> => (seed === undefined ? many(from, count, workers) : one(seed, options.keep));
  const fine = await (options.overTls ? overTls(seed ?? from, seed === undefined ? count : 1) : whole());
  process.exitCode = fine ? 0 : 1;
}
