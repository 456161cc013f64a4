import type { Pair } from "../processes/open-pair.js";
import type { Program, ProgramOptions, Questions } from "../processes/open-program.js";
import type { Random } from "../statistics/random.js";
import type { Goal } from "../statistics/verdict.js";

/** One figure of a trial. Its row's id is the trial's, a slash and its name. */
export interface TrialFigure {
  readonly what: string;
  readonly unit: Unit;
  /** Left out where the figure is there to be read beside the others. */
  readonly goal?: Goal;
}

export type Unit = "x" | "bytes" | "KiB" | "MiB" | "ms" | "µs" | "%" | "count" | "writes";

/** What a trial gives for each of its figures: values of several rounds, whose median is the figure. */
export type Found<Name extends string> = Readonly<Record<Name, readonly number[]>>;

/**
 * A measurement with processes and rounds of its own, where calls kept in flight do not tell what is asked: open loops,
 * memory, overload, processes that stop.
 */
export interface Trial {
  readonly id: string;
  readonly title: string;
  readonly figures: Readonly<Record<string, TrialFigure>>;
  measure(lab: Lab): Promise<Found<string>>;
}

/** What a trial works with. Every process it opens is ended after it, however it went. */
export interface Lab {
  /** How often everything is to be measured, for a trial whose rounds take about as long as a slice of all others. */
  readonly rounds: number;
  /** Less of everything, wider intervals. */
  readonly quick: boolean;
  readonly random: Random;
  readonly onProgress: (text: string) => void;
  openProgram<Q extends Questions<Q>>(options: ProgramOptions): Program<Q>;
  /** Starts both sides of a subject, connected. */
  openPair(subject: string): Promise<Pair>;
}

/** Types a trial: what `measure` gives is what `figures` names. */
export function defineTrial<Name extends string>(trial: {
  readonly id: string;
  readonly title: string;
  readonly figures: Readonly<Record<Name, TrialFigure>>;
  measure(lab: Lab): Promise<Found<Name>>;
}): Trial {
  return trial;
}
