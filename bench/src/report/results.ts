import type { PlannedCell } from "../measurements/cells.js";
import type { ImportTime } from "../measurements/imports.js";
import type { Retained } from "../measurements/retained.js";
import type { Sample, Samples } from "../measurements/rounds.js";
import { type Estimate, estimateMedian, median, pairedRatios } from "../statistics/median.js";
import type { Random } from "../statistics/random.js";
import { subjectNamed } from "../subjects/subjects.js";
import type { Tried } from "../trials/run-trial.js";
import { type Figure, type Found, type Judged, judgeAll } from "./targets.js";

/** One subject in one cell. Absolute figures are medians over the rounds, and mean little: the machine's mood is in them. */
export interface Row {
  /** The cell's id, a slash, the subject's name. */
  readonly id: string;
  readonly cell: string;
  readonly subject: string;
  readonly title: string;
  readonly callsPerSecond: number;
  /** Latency in µs; 0 where more than one call was in flight. */
  readonly p50Us: number;
  readonly p99Us: number;
  /** CPU time for each call, in µs. */
  readonly clientCpuUs: number;
  readonly serverCpuUs: number;
  /** Against the baseline, round by round; undefined for the baseline itself. */
  readonly rateOverBaseline: Estimate | undefined;
  readonly p50OverBaseline: Estimate | undefined;
  readonly cpuOverBaseline: Estimate | undefined;
  /** Why the subject was given up; its other figures are those of the rounds before, or 0. */
  readonly error: string | undefined;
}

/** This build's core against the other build's, in one cell. */
export interface Comparison {
  readonly cell: string;
  readonly rate: Estimate;
  readonly p50: Estimate | undefined;
  readonly cpu: Estimate;
}

/** What a run came to: what `--json` writes. */
export interface Results {
  readonly node: string;
  readonly cpuCount: number;
  readonly cpuModel: string;
  /** What else the machine was doing when the run began: processes that ran or waited to, over the last minute. */
  readonly loadBefore: number;
  /** Whether msgpackr, in the baseline, found its native part: it reads long strings faster with it. */
  readonly msgpackrIsNative: boolean;
  readonly seed: number;
  readonly rounds: number;
  readonly sliceMs: number;
  readonly tookMs: number;
  /** The other build's folder, where there was one. */
  readonly against: string | undefined;
  readonly cells: readonly { readonly id: string; readonly title: string; readonly rows: readonly Row[] }[];
  /** Core over the other build's core. */
  readonly overOtherBuild: readonly Comparison[];
  readonly retained: readonly Retained[];
  readonly imports: readonly ImportTime[];
  readonly trials: readonly Tried[];
  readonly targets: readonly Judged[];
}

/** What was measured, before anything is made of it. */
export interface Measured {
  readonly cells: readonly PlannedCell[];
  readonly samples: Samples;
  /** Why subjects were given up, by row id: in one workload and not in another, perhaps. */
  readonly failures: ReadonlyMap<string, string>;
  readonly retained: readonly Retained[];
  readonly imports: readonly ImportTime[];
  readonly trials: readonly Tried[];
  readonly random: Random;
}

type Part = Pick<Results, "cells" | "overOtherBuild" | "retained" | "imports" | "trials" | "targets">;

/** Returns the rows, ratios and verdicts of what was measured. */
export function summarize({ cells, samples, failures, retained, imports, trials, random }: Measured): Part {
  const series = (cell: string, subject: string): readonly (Sample | undefined)[] =>
    samples.get(`${cell}/${subject}`) ?? [];
  // Each ratio is estimated once: its row and its target show the same interval.
  const known = new Map<string, Estimate | undefined>();
  const ratio = (cell: string, subject: string, over: string, of: (sample: Sample) => number): Estimate | undefined => {
    const key = `${cell} ${subject} ${over} ${of.name}`;
    if (!known.has(key)) {
      const figures = (name: string): (number | undefined)[] => {
        return series(cell, name).map((sample) => (sample === undefined ? undefined : of(sample)));
      };
      const ratios = pairedRatios(figures(subject), figures(over));
      known.set(key, ratios.length === 0 ? undefined : estimateMedian(ratios, random));
    }
    return known.get(key);
  };

  const rowOf = (cell: PlannedCell, subject: string): Row => {
    const samplesOfRow = series(cell.id, subject).filter((sample) => sample !== undefined);
    const middle = (of: (sample: Sample) => number): number => median(samplesOfRow.map(of)) || 0;
    const over = (of: (sample: Sample) => number): Estimate | undefined =>
      subject === cell.baseline ? undefined : ratio(cell.id, subject, cell.baseline, of);
    return {
      id: `${cell.id}/${subject}`,
      cell: cell.id,
      subject,
      title: subjectNamed(subject).title,
      callsPerSecond: middle(rateOf),
      p50Us: middle(p50Of),
      p99Us: middle((sample) => sample.p99Us),
      clientCpuUs: middle((sample) => sample.clientCpuUs),
      serverCpuUs: middle((sample) => sample.serverCpuUs),
      rateOverBaseline: over(rateOf),
      p50OverBaseline: cell.inFlight === 1 ? over(p50Of) : undefined,
      cpuOverBaseline: over(cpuOf),
      error: failures.get(`${cell.id}/${subject}`),
    };
  };

  const find = (figure: Figure): Found => {
    if (figure.of === "import") return foundImport(imports, figure.subject);
    if (figure.of === "retained") return foundRetained(retained, figure);
    if (figure.of === "trial") return foundTrial(trials, figure);
    const { cell, subject, over, of } = figure;
    const planned = cells.find(({ id }) => id === cell)?.subjects ?? [];
    if (!planned.includes(subject) || !planned.includes(over)) return undefined;
    const error = failures.get(`${cell}/${subject}`) ?? failures.get(`${cell}/${over}`);
    if (error !== undefined) return { error };
    const estimate = ratio(cell, subject, over, of === "rate" ? rateOf : p50Of);
    return estimate === undefined ? { error: "no round in which both were measured" } : { estimate };
  };

  return {
    cells: cells.map((cell) => ({
      id: cell.id,
      title: cell.title,
      rows: cell.subjects.map((name) => rowOf(cell, name)),
    })),
    overOtherBuild: cells.flatMap((cell) => {
      const rate = ratio(cell.id, "core", "before", rateOf);
      const cpu = ratio(cell.id, "core", "before", cpuOf);
      if (rate === undefined || cpu === undefined) return [];
      return [
        { cell: cell.id, rate, cpu, p50: cell.inFlight === 1 ? ratio(cell.id, "core", "before", p50Of) : undefined },
      ];
    }),
    retained,
    imports,
    trials,
    targets: judgeAll(find),
  };
}

const rateOf = (sample: Sample): number => sample.callsPerSecond;
const p50Of = (sample: Sample): number => sample.p50Us;
const cpuOf = (sample: Sample): number => sample.clientCpuUs + sample.serverCpuUs;

function foundImport(imports: readonly ImportTime[], subject: string): Found {
  const found = imports.find((one) => one.subject === subject);
  if (found === undefined || "error" in found) return found;
  return { estimate: found.aboveEmptyMs };
}

function foundRetained(retained: readonly Retained[], figure: { subject: string; side: string }): Found {
  const found = retained.find(({ subject, side }) => subject === figure.subject && side === figure.side);
  if (found === undefined || "error" in found) return found;
  return { estimate: found.bytesPerCall };
}

function foundTrial(trials: readonly Tried[], { trial, name }: { trial: string; name: string }): Found {
  const found = trials.find(({ id }) => id === trial);
  if (found === undefined || "error" in found) return found;
  const estimate = found.figures[name];
  return estimate === undefined ? { error: "it was not measured" } : { estimate };
}
