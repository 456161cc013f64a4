import type { RunningCall } from "./running-call.js";

/** Small, since most connections of a server are idle. */
const firstCapacity = 8;

/**
 * The calls a peer made, by the ids it gave them: an array indexed by `id & mask`, which doubles while it is more than
 * half full. A peer that chooses its ids so that they meet in a slot pays with a look into a map, nobody else does.
 */
export class RunningCalls {
  #slots = new Array<RunningCall | undefined>(firstCapacity).fill(undefined);
  #mask = firstCapacity - 1;
  /** Made when the first two meet. */
  #displaced: Map<number, RunningCall> | undefined;
  #inSlots = 0;

  get size(): number {
    return this.#displaced === undefined ? this.#inSlots : this.#inSlots + this.#displaced.size;
  }

  add(call: RunningCall): void {
    if (this.#inSlots * 2 >= this.#slots.length) this.#grow();
    const slot = call.id & this.#mask;
    if (this.#slots[slot] === undefined) {
      this.#slots[slot] = call;
      this.#inSlots++;
    } else {
      this.#displaced ??= new Map();
      this.#displaced.set(call.id, call);
    }
  }

  get(id: number): RunningCall | undefined {
    const call = this.#slots[id & this.#mask];
    return call?.id === id ? call : this.#displaced?.get(id);
  }

  /** Takes a call out. Returns whether it was in. */
  delete(call: RunningCall): boolean {
    const slot = call.id & this.#mask;
    if (this.#slots[slot] !== call) return this.#displaced?.delete(call.id) ?? false;
    this.#slots[slot] = undefined;
    this.#inSlots--;
    return true;
  }

  /** Takes all calls out. */
  takeAll(): RunningCall[] {
    const all = this.#slots.filter((call) => call !== undefined);
    if (this.#displaced !== undefined) all.push(...this.#displaced.values());
    this.#slots.fill(undefined);
    this.#displaced = undefined;
    this.#inSlots = 0;
    return all;
  }

  /** Lets go of a table that many calls made large, where none is in it: for connections that fell idle. */
  trim(): void {
    if (this.size > 0 || this.#mask < firstCapacity) return;
    this.#slots = new Array<RunningCall | undefined>(firstCapacity).fill(undefined);
    this.#mask = firstCapacity - 1;
  }

  #grow(): void {
    const before = this.takeAll();
    this.#slots = new Array<RunningCall | undefined>(this.#slots.length * 2).fill(undefined);
    this.#mask = this.#slots.length - 1;
    for (const call of before) this.add(call);
  }
}
