const slotMs = 1_000;
const slots = 10;
/** One more, so that what was used counts for 10 s at least: given back a moment earlier, it would pay for an outage of 10 s twice. */
const usedSlots = slots + 1;

export interface RetryBudgetOptions {
  /** Retries allowed for each call of the last 10 s. Defaults to 0.1. */
  readonly ratio?: number;
  /** Retries allowed a second besides. Defaults to 10. */
  readonly perSecond?: number;
}

/**
 * Bounds retries to a share of the calls of the last 10 s, so that a server that fails is not asked ever more.
 * After the retry budget of Finagle (twitter/finagle, RetryBudget): a window of slots, a share and a reserve.
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #reserve: number;
  readonly #calls = new Float64Array(slots);
  readonly #retries = new Float64Array(usedSlots);
  #slot = 0;

  constructor({ ratio = 0.1, perSecond = 10 }: RetryBudgetOptions = {}) {
    this.#ratio = ratio;
    this.#reserve = (perSecond * slots * slotMs) / 1_000;
  }

  /** Counts a call, made at `now`. */
  deposit(now: number): void {
    const slot = Math.floor(now / slotMs);
    if (slot !== this.#slot) this.#turnTo(slot);
    this.#calls[slot % slots]! += 1;
  }

  /** Takes a retry out of the budget. Returns false, and takes nothing, where it is used up. */
  withdraw(now: number): boolean {
    const slot = Math.floor(now / slotMs);
    if (slot !== this.#slot) this.#turnTo(slot);
    const allowed = sum(this.#calls) * this.#ratio + this.#reserve;
    if (sum(this.#retries) + 1 > allowed) return false;
    this.#retries[slot % usedSlots]! += 1;
    return true;
  }

  /** Returns how many retries it would still pay for at `now`. */
  left(now: number): number {
    const slot = Math.floor(now / slotMs);
    if (slot !== this.#slot) this.#turnTo(slot);
    return Math.max(0, Math.floor(sum(this.#calls) * this.#ratio + this.#reserve - sum(this.#retries)));
  }

  #turnTo(slot: number): void {
    // A late report of an earlier second counts where we are.
    if (slot < this.#slot) return;
    const passed = Math.min(usedSlots, slot - this.#slot);
    for (let step = 0; step < passed; step++) {
      this.#calls[(slot - step) % slots] = 0;
      this.#retries[(slot - step) % usedSlots] = 0;
    }
    this.#slot = slot;
  }
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
