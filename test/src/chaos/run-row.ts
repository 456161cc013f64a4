import type { Ending } from "../wire/ground/at-end.js";
import type { Figure } from "./figure.js";
import type { LocalRow, Row } from "./row.js";
import { openScene, type Place } from "./scene.js";

/** What a row came to. */
export interface Outcome {
  readonly number: number;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Why there are no figures. */
  readonly error?: string;
}

/** Runs a row on a scene of its own, which is ended after it. Never rejects: what cannot be measured is a row that says why. */
export async function runRow(row: Row, place: Place): Promise<Outcome> {
  const tasks: (() => unknown)[] = [];
  const t: Ending = { after: (task) => void tasks.push(task as () => unknown) };
  try {
    return await outcome(row, async () => row.measure(await openScene(t, place, row.behaviour)));
  } finally {
    for (const task of tasks) await task();
  }
}

/** Runs a row that needs no scene. */
export function runLocalRow(row: LocalRow): Promise<Outcome> {
  return outcome(row, () => row.measureHere());
}

async function outcome(
  { number, title }: Pick<Row, "number" | "title">,
  measure: () => Promise<readonly Figure[]>,
): Promise<Outcome> {
  try {
    return { number, title, figures: await measure() };
  } catch (error) {
    return { number, title, figures: [], error: error instanceof Error ? error.message : String(error) };
  }
}
