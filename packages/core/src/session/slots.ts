/** The first size of the table; it doubles while it is more than half full. Small, since most connections of a server are idle. */
const firstCapacity = 8;
const lastId = 0xffff_ffff;
/** Ids kept in hand at the end of the range, so that a connection can be replaced before they are gone. */
const reserve = 1_000_000;

/**
 * Calls by id. Ids go up and are never given out twice; the slot is `id & mask` and remembers the whole id, and an id
 * whose slot is taken is skipped. Two different ids of a small table never meet in a larger one, so growing is a copy.
 */
export class Slots<T> {
  #ids = new Uint32Array(firstCapacity);
  #entries: (T | undefined)[] = new Array<T | undefined>(firstCapacity).fill(undefined);
  #mask = firstCapacity - 1;
  #next = 1;
  #size = 0;

  constructor(firstId = 1) {
    this.#next = firstId;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether so few ids are left that the connection should be replaced. */
  get nearlyExhausted(): boolean {
    return this.#next > lastId - reserve;
  }

  /** Whether an id was ever given out. */
  issued(id: number): boolean {
    return id !== 0 && id < this.#next;
  }

  /** Returns an id that takes no slot. */
  skip(): number {
    return this.#next++;
  }

  /** Puts an entry in and returns its id. */
  add(entry: T): number {
    if (this.#size >= this.#entries.length >>> 1) this.#grow();
    let id = this.#next;
    while (this.#entries[id & this.#mask] !== undefined) id++;
    this.#next = id + 1;
    this.#ids[id & this.#mask] = id;
    this.#entries[id & this.#mask] = entry;
    this.#size++;
    return id;
  }

  get(id: number): T | undefined {
    return this.#ids[id & this.#mask] === id ? this.#entries[id & this.#mask] : undefined;
  }

  /** Takes an entry out and returns it. */
  take(id: number): T | undefined {
    const slot = id & this.#mask;
    if (this.#ids[slot] !== id) return undefined;
    const entry = this.#entries[slot];
    if (entry !== undefined) {
      this.#entries[slot] = undefined;
      this.#size--;
    }
    return entry;
  }

  /** Takes all entries out. */
  takeAll(): T[] {
    const all = this.#entries.filter((entry) => entry !== undefined);
    this.#entries.fill(undefined);
    this.#size = 0;
    return all;
  }

  /** Lets go of a table that many calls made large, where none is in it: for connections that fell idle. */
  trim(): void {
    if (this.#size > 0 || this.#mask < firstCapacity) return;
    this.#ids = new Uint32Array(firstCapacity);
    this.#entries = new Array<T | undefined>(firstCapacity).fill(undefined);
    this.#mask = firstCapacity - 1;
  }

  /** The entries that are in, in no order. */
  values(): T[] {
    return this.#entries.filter((entry) => entry !== undefined);
  }

  #grow(): void {
    const capacity = this.#entries.length * 2;
    const ids = new Uint32Array(capacity);
    const entries = new Array<T | undefined>(capacity).fill(undefined);
    for (const [slot, entry] of this.#entries.entries()) {
      const id = this.#ids[slot]!;
      if (entry === undefined) continue;
      ids[id & (capacity - 1)] = id;
      entries[id & (capacity - 1)] = entry;
    }
    this.#ids = ids;
    this.#entries = entries;
    this.#mask = capacity - 1;
  }
}
