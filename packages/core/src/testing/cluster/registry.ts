import type { Clock } from "../../contract/clock.js";
import { RpcError } from "../../contract/errors.js";
import type { Endpoint, Entry, Lease, NodeState, Registry } from "../../contract/registry.js";
import { storedState } from "../../discovery/named-tags.js";

/** How long anything of it takes, in ms, and how long a lease outlives its process. */
const travelMs = 1;
const leaseMs = 10_000;

interface Held extends Lease {
  readonly clock: Clock;
  entries: readonly Entry[];
  lose(error: Error): void;
}

/** The registry of a cluster, and what may happen to it. */
export class SimulatedRegistry {
  readonly #leases = new Set<Held>();
  readonly #watchers = new Set<() => void>();
  #version = 0;
  #lostWatches = 0;
  #down = false;
  #silent = false;
  #empty = false;

  /** Nothing of it answers, and watches are lost, until `comeUp`. */
  goDown(): void {
    this.#down = true;
    this.loseWatches();
  }

  comeUp(): void {
    this.#down = false;
    this.#changed();
  }

  /** Every watch ends with an error. */
  loseWatches(): void {
    this.#lostWatches++;
    this.#changed();
  }

  /** Every lease is lost, as after an outage longer than they last; who holds one hears of it. */
  loseLeases(): void {
    for (const lease of [...this.#leases]) lease.lose(new Error("the lease has expired"));
  }

  /** Watches tell nothing new, until `speak`. */
  fallSilent(): void {
    this.#silent = true;
  }

  /** Tells that nothing is registered at all, until `speak`. */
  claimEmpty(): void {
    this.#empty = true;
    this.#changed();
  }

  speak(): void {
    this.#silent = false;
    this.#empty = false;
    this.#changed();
  }

  /** A process ended without a word: what it registered goes once its lease runs out. */
  forget(clock: Clock, after: (delayMs: number, run: () => void) => void): void {
    for (const lease of this.#leases) if (lease.clock === clock) after(leaseMs, () => this.#drop(lease));
  }

  /** Returns the registry as one process sees it. */
  view(clock: Clock): Registry {
    const travel = (): Promise<void> => new Promise((resolve) => clock.setTimer(resolve, travelMs));
    const mine = new Set<Held>();
    const asked = async (): Promise<void> => {
      await travel();
      if (this.#down) throw unavailable();
    };
    return {
      register: async (entries) => {
        await asked();
        const lease = this.#hold(entries, clock, asked);
        mine.add(lease);
        return lease;
      },
      watch: (service, signal) => this.#follow(() => this.#list(service), signal, clock, travel),
      services: (signal) => this.#follow(() => this.#services(), signal, clock, travel),
      list: async (service) => {
        await asked();
        return this.#list(service);
      },
      setState: async (service, id, patch) => {
        await asked();
        this.#patch(service, id, patch);
      },
      close: async () => {
        await Promise.all([...mine].map((lease) => lease.release().catch(() => {})));
      },
    };
  }

  #hold(entries: readonly Entry[], clock: Clock, asked: () => Promise<void>): Held {
    let lose = (_error: Error): void => {};
    const lost = new Promise<Error>((resolve) => {
      lose = resolve;
    });
    const lease: Held = {
      clock,
      entries,
      lost,
      lose: (error) => {
        this.#drop(lease);
        clock.setTimer(() => lose(error), travelMs);
      },
      update: async (next) => {
        await asked();
        lease.entries = next;
        this.#changed();
      },
      release: async () => {
        await asked();
        this.#drop(lease);
      },
    };
    this.#leases.add(lease);
    this.#changed();
    return lease;
  }

  #drop(lease: Held): void {
    if (this.#leases.delete(lease)) this.#changed();
  }

  #list(service: string): readonly Endpoint[] {
    const entries = [...this.#leases].flatMap((lease) => lease.entries).filter((entry) => entry.service === service);
    const endpoints = entries.map(({ id, address, weight, tags, inactive }) => ({
      id,
      address,
      weight,
      tags,
      inactive,
    }));
    return endpoints.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #services(): readonly string[] {
    return [...new Set([...this.#leases].flatMap(({ entries }) => entries.map(({ service }) => service)))].sort();
  }

  #patch(service: string, id: string, patch: NodeState): void {
    const matches = (entry: Entry): boolean => entry.service === service && entry.id === id;
    const lease = [...this.#leases].find(({ entries }) => entries.some(matches));
    if (lease === undefined) {
      throw new RpcError("not_found", `instance "${id}" of service "${service}" is not registered`, {
        reason: "NO_INSTANCE",
        processed: "no",
      });
    }
    lease.entries = lease.entries.map((entry) => (matches(entry) ? { ...entry, ...storedState(entry, patch) } : entry));
    this.#changed();
  }

  async *#follow<T>(read: () => readonly T[], signal: AbortSignal, clock: Clock, travel: () => Promise<void>) {
    await travel();
    const losses = this.#lostWatches;
    let said = -1;
    while (!signal.aborted) {
      if (this.#down || this.#lostWatches !== losses) throw unavailable();
      if (said !== this.#version && (!this.#silent || said < 0)) {
        said = this.#version;
        yield this.#empty ? [] : read();
      } else {
        await this.#change(signal, clock);
      }
    }
  }

  #change(signal: AbortSignal, clock: Clock): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#watchers.delete(told);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const told = (): void => void clock.setTimer(wake, travelMs);
      this.#watchers.add(told);
      signal.addEventListener("abort", wake);
    });
  }

  #changed(): void {
    this.#version++;
    for (const told of [...this.#watchers]) told();
  }
}

function unavailable(): Error {
  return new Error("the registry cannot be reached");
}
