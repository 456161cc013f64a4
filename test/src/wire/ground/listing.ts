import type { Endpoint, Registry } from "@rpc/core";

/** A registry in the hands of a test: it says what it is told to, and its watches end when they are told to. */
export interface Listing {
  readonly registry: Registry;
  /** How often a watch was begun. */
  readonly watches: number;
  /** Says to all who watch that the service is at these addresses, and to those who will. */
  set(...addresses: readonly string[]): void;
  /** Ends all watches, or makes them throw. */
  lose(error?: Error): void;
}

export interface ListingOptions {
  /** Every watch ends at once, or throws this, or says its first list and ends. */
  readonly watch?: "ends" | "ends after a list" | Error;
}

export function listing({ watch }: ListingOptions = {}): Listing {
  let endpoints: readonly Endpoint[] = [];
  let version = 0;
  let lost = 0;
  let loss: Error | undefined;
  let watches = 0;
  const waiting = new Set<() => void>();
  const tell = (): void => {
    for (const wake of [...waiting]) wake();
  };
  const changed = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener("abort", wake);
    });
  const refuse = (): never => {
    throw new Error("tests of clients register nothing");
  };
  return {
    get watches() {
      return watches;
    },
    set(...addresses) {
      endpoints = addresses.map((address) => ({ id: address, address, weight: 1, tags: {}, inactive: false }));
      version++;
      tell();
    },
    lose(error) {
      loss = error;
      lost++;
      tell();
    },
    registry: {
      register: refuse,
      setState: refuse,
      list: async () => endpoints,
      services: refuse,
      close: async () => {},
      async *watch(_service, signal) {
        watches++;
        if (watch instanceof Error) throw watch;
        if (watch === "ends") return;
        const losses = lost;
        for (let said = -1; !signal.aborted; ) {
          if (said !== version) {
            said = version;
            yield endpoints;
            if (watch === "ends after a list") return;
          } else {
            await changed(signal);
          }
          if (lost === losses) continue;
          if (loss !== undefined) throw loss;
          return;
        }
      },
    },
  };
}
