import type { Endpoint, Registry } from "../contract/registry.js";

/** A registry that lists what a test says, when it says it. */
export interface ListedRegistry extends Registry {
  /** How often a watch was begun. */
  readonly watches: number;
  /** Watches that are open. */
  readonly open: number;
  /** Says what is listed from now on. */
  say(endpoints: readonly Endpoint[]): void;
  /** Ends all watches, with an error where one is given. */
  end(error?: Error): void;
}

export function endpointAt(address: string, from: Partial<Endpoint> = {}): Endpoint {
  return { id: address, address, weight: 1, tags: {}, inactive: false, ...from };
}

/** Returns a registry whose watches tell nothing until something is said. */
export function listedRegistry(): ListedRegistry {
  const watchers = new Set<{ wake: () => void; ended: boolean; error: Error | undefined; version: number }>();
  let list: readonly Endpoint[] = [];
  let version = 0;
  let watches = 0;
  const unused = (): never => {
    throw new Error("not for this test");
  };
  return {
    get watches() {
      return watches;
    },
    get open() {
      return watchers.size;
    },
    say(endpoints) {
      list = endpoints;
      version++;
      for (const { wake } of watchers) wake();
    },
    end(error) {
      for (const watcher of watchers) {
        watcher.ended = true;
        watcher.error = error;
        watcher.wake();
      }
    },
    async *watch(_service, signal) {
      watches++;
      const watcher = { wake: () => {}, ended: false, error: undefined as Error | undefined, version: 0 };
      watchers.add(watcher);
      const onAbort = (): void => watcher.wake();
      signal.addEventListener("abort", onAbort);
      try {
        while (!signal.aborted && !watcher.ended) {
          if (watcher.version === version) {
            await new Promise<void>((resolve) => {
              watcher.wake = resolve;
            });
          } else {
            watcher.version = version;
            yield list;
          }
        }
        if (watcher.error !== undefined) throw watcher.error;
      } finally {
        signal.removeEventListener("abort", onAbort);
        watchers.delete(watcher);
      }
    },
    register: unused,
    list: unused,
    services: unused,
    setState: unused,
    close: async () => {},
  };
}
