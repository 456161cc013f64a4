import { cpus, loadavg } from "node:os";
import { isNativeAccelerationEnabled } from "msgpackr";
import { type Plan, planRun } from "./measurements/cells.js";
import { openFleet } from "./measurements/fleet.js";
import { type ImportTime, measureImport } from "./measurements/imports.js";
import { measureRetained, type Retained } from "./measurements/retained.js";
import { measureRounds, type Sample } from "./measurements/rounds.js";
import type { Options } from "./options.js";
import type { Started } from "./processes/guard.js";
import { type Measured, type Results, summarize } from "./report/results.js";
import { type Random, seededRandom } from "./statistics/random.js";
import { runTrial, type Tried } from "./trials/run-trial.js";

/** What a run tells while it runs, and the processes it starts. */
export interface Observer {
  readonly onProgress: (text: string) => void;
  readonly onChild: (child: Started) => void;
}

/** Runs the benchmark. Rejects only where it is itself at fault: a subject that fails is a row that says so. */
export async function run(options: Options, observer: Observer): Promise<Results> {
  const startedAt = performance.now();
  const [loadBefore = 0] = loadavg();
  const random = seededRandom(options.seed);
  const plan = planRun(options.only, options.against !== undefined);
  if (plan.cells.length + plan.retained.length + plan.imports.length + plan.trials.length === 0) {
    throw new Error(
      `--only ${options.only.source} matches no row: ids are like echo-64/core, retained/core, import/core, deadlines/p9999.`,
    );
  }
  const calls = await measureCalls(plan, options, random, observer);
  const retained = await measureAllRetained(plan, options, random, observer);
  const imports = measureImports(plan, options, random, observer);
  const trials = await runTrials(plan, options, random, observer);
  const { rounds, sliceMs, seed, against } = options;
  return {
    node: process.version,
    cpuCount: cpus().length,
    cpuModel: cpus()[0]?.model ?? "unknown",
    loadBefore,
    msgpackrIsNative: isNativeAccelerationEnabled,
    seed,
    rounds,
    sliceMs,
    tookMs: performance.now() - startedAt,
    against,
    ...summarize({ ...calls, cells: plan.cells, retained, imports, trials, random }),
  };
}

/** Workload after workload, each with processes of its own. What is compared shares a workload, and so the rounds. */
async function measureCalls(
  plan: Plan,
  { against, warmUpMs, rounds, sliceMs }: Options,
  random: Random,
  { onChild, onProgress }: Observer,
): Promise<Pick<Measured, "samples" | "failures">> {
  const samples = new Map<string, readonly (Sample | undefined)[]>();
  const failures = new Map<string, string>();
  for (const workload of new Set(plan.cells.map((cell) => cell.workload))) {
    const cells = plan.cells.filter((cell) => cell.workload === workload);
    const subjects = [...new Set(cells.flatMap((cell) => cell.subjects))];
    onProgress(`${workload}: warming up ${subjects.join(", ")}`);
    const fleet = await openFleet({ subjects, workload, against, warmUpMs, onChild });
    const onRound = (round: number): void => onProgress(`${workload}: round ${round + 1} of ${rounds}`);
    for (const [id, row] of await measureRounds(cells, fleet, { rounds, sliceMs, random, onRound })) {
      samples.set(id, row);
    }
    await fleet.close();
    for (const cell of cells) {
      for (const [subject, reason] of fleet.failures) failures.set(`${cell.id}/${subject}`, reason);
    }
  }
  return { samples, failures };
}

async function measureAllRetained(
  plan: Plan,
  { against, retainedStepCalls }: Options,
  random: Random,
  { onChild, onProgress }: Observer,
): Promise<Retained[]> {
  const all: Retained[] = [];
  for (const subject of plan.retained) {
    onProgress(`bytes retained by ${subject}`);
    const calls = { warmUpCalls: 5 * retainedStepCalls, stepCalls: retainedStepCalls, steps: 5 };
    all.push(...(await measureRetained(subject, { ...calls, against, random, onChild })));
  }
  return all;
}

function measureImports(plan: Plan, { importPairs }: Options, random: Random, { onProgress }: Observer): ImportTime[] {
  return plan.imports.map((subject) => {
    onProgress(`import time of ${subject}`);
    return measureImport(subject, importPairs, random);
  });
}

async function runTrials(
  plan: Plan,
  { against, rounds, quick }: Options,
  random: Random,
  { onChild, onProgress }: Observer,
): Promise<Tried[]> {
  const all: Tried[] = [];
  for (const trial of plan.trials) {
    onProgress(trial.title);
    all.push(await runTrial(trial, { against, rounds, quick, random, onChild, onProgress }));
  }
  return all;
}
