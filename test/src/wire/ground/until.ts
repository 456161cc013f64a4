import { setImmediate as turn } from "node:timers/promises";

const patienceMs = 30_000;

/** Resolves as soon as `condition` holds, which is asked once a turn of the event loop. Rejects, naming `what`, where it does not come to hold. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const startedAt = performance.now();
  while (!condition()) {
    if (performance.now() - startedAt > patienceMs) throw new Error(`waited ${patienceMs} ms until ${what}`);
    await turn();
  }
}
