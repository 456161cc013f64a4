import type { Ending } from "../wire/ground/at-end.js";
import { doubtOf, type Figure, kept } from "./figure.js";
import { machineMs } from "./machine-time.js";
import type { LocalRow, Row } from "./row.js";
import { openScene, type Place } from "./scene.js";

/** A row may take so many times as long as it does, for what is measured again, and so much more on a machine that is busy. */
const times = 2;
const graceMs = 120_000;

/** What a row came to. */
export interface Outcome {
  readonly number: number;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Why there are no figures. */
  readonly error?: string;
}

/** Returns how long a row may take before it is given up, in ms. */
export const limitMs = (aboutMs: number): number => times * aboutMs + graceMs;

/** Runs a row on a scene of its own, which is ended after it. Never rejects: what cannot be measured is a row that says why. */
export async function runRow(row: Row, place: Place): Promise<Outcome> {
  const tasks: (() => unknown)[] = [];
  const t: Ending = { after: (task) => void tasks.push(task as () => unknown) };
  try {
    return await outcome(row, limitMs(row.aboutMs(place.sizes)), async () => {
      const scene = await openScene(t, place, row.behaviour);
      const fromMs = machineMs();
      const figures = await row.measure(scene);
      const heldUp = await scene.heldUp({ fromMs, toMs: machineMs() });
      return [
        ...figures.map((figure) => doubted(figure, heldUp)),
        { what: "one of its processes waited for a processor, of the time", measured: heldUp, unit: "%" },
      ];
    });
  } finally {
    for (const task of tasks) await task();
  }
}

/** Runs a row that needs no scene. */
export function runLocalRow(row: LocalRow): Promise<Outcome> {
  return outcome(row, limitMs(row.aboutMs()), () => row.measureHere());
}

/** What hangs on time and was missed says nothing where the machine was busy; what was kept says the more. */
function doubted(figure: Figure, heldUp: number): Figure {
  const doubt = doubtOf(heldUp);
  const missed = kept(figure, "quiet") === false && (figure.busy ?? 1) > 1;
  return missed && doubt !== undefined ? { ...figure, doubt } : figure;
}

async function outcome(
  { number, title }: Pick<Row, "number" | "title">,
  withinMs: number,
  measure: () => Promise<readonly Figure[]>,
): Promise<Outcome> {
  let late: NodeJS.Timeout | undefined;
  try {
    const tooLong = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new Error(`it took more than ${Math.round(withinMs / 1_000)} s`)), withinMs);
    });
    return { number, title, figures: await Promise.race([measure(), tooLong]) };
  } catch (error) {
    return { number, title, figures: [], error: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(late);
  }
}
