import { setTimeout as delay } from "node:timers/promises";
import type { Endpoint, Registry } from "@rpc/core";
import { atEnd, type Ending } from "../wire/ground/at-end.js";

/** The list of a service as one process follows it: begun anew where the watch is lost, as core does. */
export interface Seen {
  /** Resolves to how long it took until the list had these ids, sorted and with blanks between them, in ms. Rejects where that takes longer than `withinMs`. */
  until(ids: string, withinMs: number): Promise<number>;
  /** The same for a list that others may soon follow: one of those from now on, however short it lasted. */
  saw(ids: string, withinMs: number): Promise<number>;
}

/** Follows a service until the test is over. */
export function seen(t: Ending, registry: Registry, service = "Prices"): Seen {
  const stop = new AbortController();
  let list: readonly Endpoint[] = [];
  /** Each list that there was. */
  const all: string[] = [];
  const ids = (): string =>
    list
      .map(({ id }) => id)
      .sort()
      .join(" ");
  const follow = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        for await (const next of registry.watch(service, stop.signal)) {
          list = next;
          all.push(ids());
        }
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
  const waited = async (wanted: string, withinMs: number, there: () => boolean): Promise<number> => {
    const startedAt = performance.now();
    while (!there()) {
      if (performance.now() - startedAt > withinMs)
        throw new Error(`after ${withinMs} ms the list is "${ids()}" and not "${wanted}"`);
      await delay(5);
    }
    return performance.now() - startedAt;
  };
  return {
    until: (wanted, withinMs) => waited(wanted, withinMs, () => ids() === wanted),
    saw(wanted, withinMs) {
      const from = all.length;
      return waited(wanted, withinMs, () => all.includes(wanted, from));
    },
  };
}
