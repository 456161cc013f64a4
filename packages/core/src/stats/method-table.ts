import { CallCounters } from "./call-counters.js";
import type { CallStats } from "./snapshots.js";

/** Methods that are told apart: who serves whatever is called must not be filled with names. */
const maxMethods = 1_024;
/** The path under which all further ones are counted. */
const otherMethods = "(other)";

const nothing: ReadonlyMap<string, CallCounters> = new Map();

/** Counters by the path of a method. Asked once for each method of a connection, never for a call. */
export class MethodTable {
  /** Made when the first method is asked for: most connections call in one direction. */
  #made: Map<string, CallCounters> | undefined;

  /** Returns the counters of a method, always the same ones. */
  of(path: string): CallCounters {
    this.#made ??= new Map();
    const name = this.#made.has(path) || this.#made.size < maxMethods ? path : otherMethods;
    let counters = this.#made.get(name);
    if (counters === undefined) {
      counters = new CallCounters();
      this.#made.set(name, counters);
    }
    return counters;
  }

  add(other: MethodTable): void {
    for (const [path, counters] of other.#counters) this.of(path).add(counters);
  }

  reset(): void {
    for (const counters of this.#counters.values()) counters.reset();
  }

  /** All methods together. */
  total(): CallCounters {
    const total = new CallCounters();
    for (const counters of this.#counters.values()) total.add(counters);
    return total;
  }

  /** Each method that was called; `latencies` are those of whoever knows them, where that is somebody else. */
  stats(latencies: MethodTable = this): Readonly<Record<string, CallStats>> {
    const called = [...this.#counters].filter(([, counters]) => counters.calls > 0);
    return Object.fromEntries(called.map(([path, counters]) => [path, counters.stats(latencies.#counters.get(path))]));
  }

  get #counters(): ReadonlyMap<string, CallCounters> {
    return this.#made ?? nothing;
  }
}
