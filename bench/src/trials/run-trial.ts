import type { Started } from "../processes/guard.js";
import { openPair } from "../processes/open-pair.js";
import { openProgram, type Program, type Questions } from "../processes/open-program.js";
import { type Estimate, estimateMedian } from "../statistics/median.js";
import type { Lab, Trial } from "./trial.js";

/** What a trial came to; or why it could not be told. */
export type Tried = { readonly id: string; readonly title: string } & (
  | { readonly figures: Readonly<Record<string, Estimate>> }
  | { readonly error: string }
);

/** What a trial is not concerned with. */
export interface Surroundings extends Pick<Lab, "rounds" | "quick" | "random" | "onProgress"> {
  readonly against: string | undefined;
  readonly onChild: (child: Started) => void;
}

/** Runs one trial. Never rejects: a trial that fails is a row that says why. */
export async function runTrial(trial: Trial, { against, onChild, ...shared }: Surroundings): Promise<Tried> {
  const { id, title } = trial;
  const opened: Started[] = [];
  const note = (child: Started): void => {
    opened.push(child);
    onChild(child);
  };
  const lab: Lab = {
    ...shared,
    openProgram<Q extends Questions<Q>>(options: Parameters<Lab["openProgram"]>[0]): Program<Q> {
      const program = openProgram<Q>(options);
      note(program);
      return program;
    },
    openPair: (subject) => openPair({ subject, against, onChild: note }),
  };
  try {
    const found = await trial.measure(lab);
    const estimates = Object.entries(found).map(([name, values]) => [name, estimateMedian(values, lab.random)]);
    return { id, title, figures: Object.fromEntries(estimates) as Record<string, Estimate> };
  } catch (cause) {
    return { id, title, error: cause instanceof Error ? cause.message : String(cause) };
  } finally {
    await Promise.all(opened.map((child) => child.kill()));
  }
}
