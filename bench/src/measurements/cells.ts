import { subjects } from "../subjects/subjects.js";
import type { Trial } from "../trials/trial.js";
import { trials } from "../trials/trials.js";
import type { WorkloadName } from "../workloads/workloads.js";

/** One comparison of subjects: all make the same calls with the same number in flight. */
export interface Cell {
  /** Workload and number in flight, e.g. `echo-64`. A row's id is this, a slash and the subject. */
  readonly id: string;
  readonly workload: WorkloadName;
  readonly inFlight: number;
  readonly title: string;
  /** The subject that the others are set against. */
  readonly baseline: string;
  /** Which subjects can run in it. Defaults to all that make the workload's calls and are not set apart. */
  readonly among?: readonly string[];
}

/** The subject that most others are set against. */
const baseline = "bare";

/** All cells, in the order in which a round goes through them. */
export const cells: readonly Cell[] = [
  { id: "echo-1", workload: "echo", inFlight: 1, title: "{a, b, name} -> {sum, name}, K = 1", baseline },
  { id: "echo-64", workload: "echo", inFlight: 64, title: "{a, b, name} -> {sum, name}, K = 64", baseline },
  { id: "echo-512", workload: "echo", inFlight: 512, title: "{a, b, name} -> {sum, name}, K = 512", baseline },
  { id: "add-64", workload: "add", inFlight: 64, title: "add(a, b) -> number, K = 64", baseline },
  { id: "body-581-64", workload: "body-581", inFlight: 64, title: "body of 581 bytes both ways, K = 64", baseline },
  { id: "body-4k-64", workload: "body-4k", inFlight: 64, title: "bodies up to 4 KiB both ways, K = 64", baseline },
  { id: "body-64k-64", workload: "body-64k", inFlight: 64, title: "bodies up to 64 KiB both ways, K = 64", baseline },
  {
    id: "tls-64",
    workload: "echo",
    inFlight: 64,
    title: "the same over TLS 1.3, K = 64",
    baseline: "bare-tls",
    among: ["bare-tls", "core-tls"],
  },
];

/** A cell with the subjects to run in it. */
export interface PlannedCell extends Cell {
  readonly subjects: readonly string[];
}

/** What a run measures. */
export interface Plan {
  readonly cells: readonly PlannedCell[];
  /** Subjects whose retained bytes are measured. */
  readonly retained: readonly string[];
  /** Subjects whose import time is measured. */
  readonly imports: readonly string[];
  readonly trials: readonly Trial[];
}

/**
 * Returns what to measure: the rows whose ids match `only`, and what they are compared with: the baseline, and the
 * other build where there is one.
 */
export function planRun(only: RegExp, hasOtherBuild: boolean): Plan {
  const planned = cells.map((cell) => {
    const able = subjects.filter(({ name, workloads, apart }) => {
      const fits = cell.among === undefined ? apart !== true : cell.among.includes(name);
      return fits && workloads.includes(cell.workload) && (hasOtherBuild || name !== "before");
    });
    const names = able.map(({ name }) => name);
    const wanted = new Set(names.filter((name) => only.test(`${cell.id}/${name}`)));
    if (wanted.size > 0) wanted.add(cell.baseline);
    if (hasOtherBuild && wanted.has("core")) wanted.add("before");
    return { ...cell, subjects: names.filter((name) => wanted.has(name)) };
  });
  return {
    cells: planned.filter((cell) => cell.subjects.length > 0),
    retained: [baseline, "core", "app"].filter((name) => only.test(`retained/${name}`)),
    imports: ["core", "app"].filter((name) => only.test(`import/${name}`)),
    trials: trials.filter(({ id, figures }) => Object.keys(figures).some((name) => only.test(`${id}/${name}`))),
  };
}
