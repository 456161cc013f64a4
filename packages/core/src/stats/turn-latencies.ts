import type { CallCounters } from "./call-counters.js";

/**
 * How long the calls answered in this turn of the event loop took, without a look at the clock for each: those that
 * were read together and settle together took as long, and one look at the end of the turn is good for all.
 */
export class TurnLatencies {
  readonly #counters: CallCounters[] = [];
  readonly #startedAt: number[] = [];
  readonly #times: number[] = [];
  #size = 0;

  /** A call that was read at `startedAt` is answered now. */
  note(counters: CallCounters, startedAt: number): void {
    const last = this.#size - 1;
    if (last >= 0 && this.#startedAt[last] === startedAt && this.#counters[last] === counters) {
      this.#times[last]!++;
      return;
    }
    this.#counters[this.#size] = counters;
    this.#startedAt[this.#size] = startedAt;
    this.#times[this.#size] = 1;
    this.#size++;
  }

  get empty(): boolean {
    return this.#size === 0;
  }

  /** The turn is over. */
  settle(now: number): void {
    for (let index = 0; index < this.#size; index++) {
      this.#counters[index]!.took(((now - this.#startedAt[index]!) * 1_000) | 0, this.#times[index]!);
    }
    this.#size = 0;
  }
}
