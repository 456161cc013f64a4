import { listedRegistry } from "../client/listed-registry.fixture.js";
import { RpcError } from "../contract/errors.js";
import type { Entry, Lease, Registry } from "../contract/registry.js";

/** A lease that a test loses when it likes. */
export interface TestLease {
  entries: readonly Entry[];
  released: boolean;
  lose(): void;
}

/** A registry that remembers its leases, and refuses and hangs when a test says so. */
export interface LeasingRegistry extends Registry {
  readonly leases: readonly TestLease[];
  /** How often it was asked to register. */
  readonly asked: number;
  refuse: boolean;
  /** Registering fails with what an adapter says where its server cannot be reached. */
  away: boolean;
  /** Registering, or releasing, is not answered while it is set. */
  hang: boolean;
  /** What waits for an answer is answered. */
  answer(): void;
  /** What its watches tell. */
  say(entries: readonly Entry[]): void;
}

export function leasingRegistry(): LeasingRegistry {
  const listed = listedRegistry();
  const leases: TestLease[] = [];
  const waiting: (() => void)[] = [];
  let asked = 0;
  const answered = (): Promise<void> =>
    registry.hang ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve();
  const registry: LeasingRegistry = {
    ...listed,
    leases,
    refuse: false,
    away: false,
    hang: false,
    get asked() {
      return asked;
    },
    say: (entries) => listed.say(entries),
    answer() {
      for (const resolve of waiting.splice(0)) resolve();
    },
    async register(entries): Promise<Lease> {
      asked++;
      const { refuse } = registry;
      if (registry.away) throw new RpcError("unavailable", "made up: away", { processed: "no" });
      await answered();
      if (refuse) throw new Error("made up: refused");
      let lose = (_error: Error): void => {};
      const lost = new Promise<Error>((resolve) => {
        lose = resolve;
      });
      const lease = { entries, released: false, lose: () => lose(new Error("made up: lost")) };
      leases.push(lease);
      return {
        lost,
        async update(next) {
          if (registry.refuse) throw new Error("made up: gone");
          lease.entries = next;
        },
        async release() {
          await answered();
          if (registry.refuse) throw new Error("made up: gone");
          lease.released = true;
        },
      };
    },
  };
  return registry;
}
