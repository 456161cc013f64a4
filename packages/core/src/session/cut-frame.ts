import type { PartialBudget, Spender } from "./partial-budget.js";

/** Shorter beginnings are not counted. */
const leastBytes = 1_024;

/** The frame of a connection of which only the beginning has come: a message in part, too, where it stays so. */
export class CutFrame implements Spender {
  heldBytes = 0;
  over = true;
  readonly #budget: PartialBudget | undefined;
  readonly #onEvicted: () => void;
  #readBytes = 0;

  /** `onEvicted` is called where `budget`, which others share, has no room for it. */
  constructor(budget: PartialBudget | undefined, onEvicted: () => void) {
    this.#budget = budget;
    this.#onEvicted = onEvicted;
  }

  /** Called now and then with the bytes that are held of a frame, and all bytes that were ever read. */
  tick(heldBytes: number, readBytes: number): void {
    if (this.#budget === undefined || (heldBytes < leastBytes && this.over)) return;
    // All that was read since has become part of the frame: it is still the same one.
    const same = !this.over && readBytes - this.#readBytes === heldBytes - this.heldBytes;
    this.#readBytes = readBytes;
    if (!same) {
      this.end();
      if (heldBytes < leastBytes) return;
      this.heldBytes = 0;
      this.over = false;
      this.#budget.begin(this);
    }
    if (heldBytes !== this.heldBytes) this.#budget.spend(this, heldBytes - this.heldBytes);
  }

  end(): void {
    this.#budget?.end(this);
  }

  evict(): void {
    this.end();
    this.#onEvicted();
  }
}
