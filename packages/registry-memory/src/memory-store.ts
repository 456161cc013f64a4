import type { Endpoint, Entry, NodeState } from "@rpc/core";
import { endpointOf, patched } from "./entries.js";

/** What one lease holds of the store. */
export type Holder = object;

interface Held {
  readonly holder: Holder;
  readonly endpoint: Endpoint;
}

/**
 * What several memory registries of one process share: the entries, and who waits for a change of them. Made by
 * `memoryStore`; users only pass it on.
 */
export class MemoryStore {
  /** By service, then by id. */
  readonly #services = new Map<string, Map<string, Held>>();
  readonly #waiting = new Set<() => void>();
  #version = 0;

  /** Counts the changes. */
  get version(): number {
    return this.#version;
  }

  /** Replaces what a holder has; an entry that another holder has under the same service and id becomes this one's. */
  hold(holder: Holder, entries: readonly Entry[]): void {
    const held = entries.map((entry) => ({ service: entry.service, endpoint: endpointOf(entry) }));
    this.#remove(holder);
    for (const { service, endpoint } of held) {
      const instances = this.#services.get(service) ?? new Map<string, Held>();
      instances.set(endpoint.id, { holder, endpoint });
      this.#services.set(service, instances);
    }
    this.wake();
  }

  drop(holder: Holder): void {
    this.#remove(holder);
    this.wake();
  }

  /** Returns whether there was such an instance. */
  patch(service: string, id: string, patch: NodeState): boolean {
    const instances = this.#services.get(service);
    const held = instances?.get(id);
    if (instances === undefined || held === undefined) return false;
    instances.set(id, { ...held, endpoint: patched(held.endpoint, patch) });
    this.wake();
    return true;
  }

  /** Returns the instances of a service in order of their ids. */
  list(service: string): readonly Endpoint[] {
    const endpoints = [...(this.#services.get(service)?.values() ?? [])].map(({ endpoint }) => endpoint);
    return Object.freeze(endpoints.sort((a, b) => (a.id < b.id ? -1 : 1)));
  }

  /** Returns the sorted names of the services that have an instance. */
  names(): readonly string[] {
    return Object.freeze([...this.#services.keys()].sort());
  }

  /** Resolves when something may have changed, or when `signal` aborts. */
  change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      if (signal.aborted) return resolve();
      this.#waiting.add(done);
      signal.addEventListener("abort", done);
    });
  }

  /** Lets everybody who waits look again. */
  wake(): void {
    this.#version++;
    for (const done of this.#waiting) done();
  }

  #remove(holder: Holder): void {
    for (const [service, instances] of this.#services) {
      for (const [id, held] of instances) if (held.holder === holder) instances.delete(id);
      if (instances.size === 0) this.#services.delete(service);
    }
  }
}

/**
 * Makes an empty store. Give it to a `memoryRegistry` for each app of the process, so that they find each other and
 * each closes its own.
 */
export function memoryStore(): MemoryStore {
  return new MemoryStore();
}
