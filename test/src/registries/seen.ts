import { setTimeout as delay } from "node:timers/promises";
import type { Endpoint, Registry } from "@rpc/core";
import { atEnd, type Ending } from "../wire/ground/at-end.js";

/** The list of a service as one process follows it: begun anew where the watch is lost, as core does. */
export interface Seen {
  /** Resolves to how long it took until the list had these ids, sorted and with blanks between them, in ms. Rejects where that takes longer than `withinMs`. */
  until(ids: string, withinMs: number): Promise<number>;
}

/** Follows a service until the test is over. */
export function seen(t: Ending, registry: Registry, service = "Prices"): Seen {
  const stop = new AbortController();
  let list: readonly Endpoint[] = [];
  const ids = (): string =>
    list
      .map(({ id }) => id)
      .sort()
      .join(" ");
  const follow = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        for await (const next of registry.watch(service, stop.signal)) list = next;
      } catch {
        // Begun anew below.
      }
      if (!stop.signal.aborted) await delay(100);
    }
  };
  const over = follow();
  atEnd(t, () => {
    stop.abort();
    return over;
  });
  return {
    async until(wanted, withinMs) {
      const startedAt = performance.now();
      while (ids() !== wanted) {
        if (performance.now() - startedAt > withinMs)
          throw new Error(`after ${withinMs} ms the list is "${ids()}" and not "${wanted}"`);
        await delay(5);
      }
      return performance.now() - startedAt;
    },
  };
}
