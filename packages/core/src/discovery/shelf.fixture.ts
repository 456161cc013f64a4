import { systemClock } from "../clock/system-clock.js";
import { silent } from "../contract/logger.js";
import type { Endpoint, Entry } from "../contract/registry.js";
import { createRegistry } from "./create-registry.js";
import type { Follower, Holding, Store } from "./store.js";

/** A store within a test: what it holds, who follows it, and faults to be switched on. */
export interface Shelf {
  /** Returns another process's view of it, as a store. */
  view(): Store;
  /** Who follows it now. */
  readonly followers: ReadonlySet<Follower>;
  /** How often it was read. */
  readonly reads: number;
  /** While it is set, everything fails with it. */
  broken: Error | undefined;
  /** Makes every holding lost. */
  wipe(): void;
}

interface Held {
  readonly holder: object;
  readonly entry: Entry;
}

export function createShelf(): Shelf {
  const held = new Map<string, Held>();
  const followers = new Set<Follower>();
  const losing = new Set<() => void>();
  const keyOf = (service: string, id: string): string => JSON.stringify([service, id]);
  let reads = 0;
  const tell = (): void => {
    for (const follower of followers) follower.changed();
  };
  const check = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    if (shelf.broken !== undefined) throw shelf.broken;
  };
  const empty = (holder: object): void => {
    for (const [key, { holder: other }] of held) if (holder === other) held.delete(key);
  };
  const shelf: Shelf = {
    followers,
    get reads() {
      return reads;
    },
    broken: undefined,
    wipe() {
      held.clear();
      for (const lose of losing) lose();
      tell();
    },
    view: () => ({
      async read(service) {
        reads++;
        await check();
        const all = [...held.values()].map(({ entry }): Entry => entry);
        return { value: all.filter((entry) => entry.service === service) as readonly Endpoint[] };
      },
      async names() {
        await check();
        return { value: [...held.values()].map(({ entry }) => entry.service) };
      },
      follow(follower) {
        followers.add(follower);
        return () => followers.delete(follower);
      },
      async hold(entries, lose): Promise<Holding> {
        const holder = {};
        const put = async (next: readonly Entry[]): Promise<void> => {
          await check();
          empty(holder);
          for (const entry of next) held.set(keyOf(entry.service, entry.id), { holder, entry });
          tell();
        };
        const onWipe = (): void => lose(new Error("made up: wiped"));
        await put(entries);
        losing.add(onWipe);
        return {
          replace: put,
          drop: async () => {
            losing.delete(onWipe);
            await check();
            empty(holder);
            tell();
          },
        };
      },
      async patch(service, id, state) {
        await check();
        const found = held.get(keyOf(service, id));
        if (found === undefined) return false;
        held.set(keyOf(service, id), { ...found, entry: { ...found.entry, ...state } });
        tell();
        return true;
      },
      close: async () => {},
    }),
  };
  return shelf;
}

export const registryOf = (shelf: Shelf) =>
  createRegistry({ name: "a shelf", store: shelf.view(), clock: systemClock, random: Math.random, logger: silent });
