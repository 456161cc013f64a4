import type { Random } from "@rpc/core";

/** Beyond this the sums would lose the fractions that tell turns apart: they are counted anew. */
const farAhead = 2 ** 32;

/**
 * Who is next, by weight: a binary heap by when each is due, in turns of weight 1. Members are places from 0 up. Asking
 * allocates nothing.
 */
export class TurnQueue {
  readonly #ids: readonly string[];
  readonly #strides: Float64Array;
  readonly #dueAt: Float64Array;
  readonly #heap: Uint32Array;

  /** Whoever was a member of `before` keeps what was due to it; who is new begins at a random place within its first stride. */
  constructor(ids: readonly string[], weights: readonly number[], random: Random, before?: TurnQueue) {
    const count = ids.length;
    const kept = before?.due();
    this.#ids = ids;
    this.#strides = Float64Array.from(weights, (weight) => 1 / weight);
    this.#dueAt = Float64Array.from(ids, (id, place) => {
      const stride = this.#strides[place]!;
      return Math.min(kept?.get(id) ?? Number.POSITIVE_INFINITY, stride * (kept?.has(id) === true ? 1 : random()));
    });
    this.#heap = Uint32Array.from({ length: count }, (_, place) => place);
    for (let at = (count >>> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  /** Returns whose turn it is, and makes it due again one stride later. */
  next(): number {
    const place = this.#heap[0]!;
    const dueAt = this.#dueAt[place]! + this.#strides[place]!;
    this.#dueAt[place] = dueAt;
    this.#sink(0);
    if (dueAt > farAhead) this.#countAnew();
    return place;
  }

  /** Returns how long each has to wait from now on. */
  due(): Map<string, number> {
    const now = this.#dueAt[this.#heap[0]!]!;
    return new Map(this.#ids.map((id, place) => [id, this.#dueAt[place]! - now]));
  }

  #countAnew(): void {
    const now = this.#dueAt[this.#heap[0]!]!;
    for (let place = 0; place < this.#dueAt.length; place++) this.#dueAt[place]! -= now;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const dueAt = this.#dueAt;
    const { length } = heap;
    const place = heap[from]!;
    const due = dueAt[place]!;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && dueAt[heap[child + 1]!]! < dueAt[heap[child]!]!) child++;
      if (dueAt[heap[child]!]! >= due) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = place;
  }
}
