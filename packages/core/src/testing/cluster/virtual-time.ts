import type { Trace } from "./trace.js";

/** Within one moment: timers before reads, and what waits for the reads behind them, as a turn of Node's loop has it. */
export const Rank = { timer: 0, network: 1, afterReads: 2 } as const;
export type Rank = (typeof Rank)[keyof typeof Rank];

/** Something that will happen. */
export interface Happening {
  readonly at: number;
  readonly rank: Rank;
  readonly order: number;
  readonly what: string;
  readonly run: () => void;
  cancelled: boolean;
}

/** Time that stands still between the things that happen, and the things that will. */
export class VirtualTime {
  readonly #trace: Trace;
  readonly #heap: Happening[] = [];
  readonly #observers = new Set<() => void>();
  #now = 0;
  #order = 0;

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  get now(): number {
    return this.#now;
  }

  /** Lets `run` happen in `delayMs`. What happens at one moment happens by rank, then in the order in which it was asked for. */
  after(delayMs: number, rank: Rank, what: string, run: () => void): Happening {
    return this.at(this.#now + Math.max(0, delayMs), rank, what, run);
  }

  /** The same at a moment: what is to keep its order is not to be rounded twice. */
  at(atMs: number, rank: Rank, what: string, run: () => void): Happening {
    const happening = { at: atMs, rank, order: this.#order++, what, run, cancelled: false };
    this.#push(happening);
    return happening;
  }

  /** Calls `look` after everything that happens. Returns what ends that. */
  observe(look: () => void): () => void {
    this.#observers.add(look);
    return () => this.#observers.delete(look);
  }

  /**
   * Lets the next thing happen, and all that follows from it without waiting; does nothing and returns false where
   * nothing is left before `untilMs`. Rejects with what it throws.
   */
  async step(untilMs: number): Promise<boolean> {
    const next = this.#next();
    if (next === undefined || next.at > untilMs) return false;
    this.#pop();
    this.#now = next.at;
    if (next.what !== "") this.#trace.add(this.#now, next.what);
    next.run();
    await settled();
    for (const look of this.#observers) look();
    return true;
  }

  /** Moves time on to `atMs`; all that was to happen before has. */
  async until(atMs: number): Promise<void> {
    await settled();
    while (await this.step(atMs));
    this.#now = Math.max(this.#now, atMs);
  }

  #next(): Happening | undefined {
    while (this.#heap[0]?.cancelled === true) this.#pop();
    return this.#heap[0];
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(happening);
    while (at > 0) {
      const above = (at - 1) >>> 1;
      if (!before(happening, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = happening;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && before(heap[below + 1]!, heap[below]!)) below++;
      if (!before(heap[below]!, last)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
  }
}

/** Resolves when all that waits for nothing but ticks and promise reactions has happened. */
export function settled(): Promise<void> {
  // Ticks and reactions that lead to each other all run before the next turn of the event loop.
  return new Promise((resolve) => setImmediate(resolve));
}

function before(a: Happening, b: Happening): boolean {
  return a.at !== b.at ? a.at < b.at : a.rank !== b.rank ? a.rank < b.rank : a.order < b.order;
}
