import type { Candidate } from "@rpc/core";

/** A sum of n addends is made anew after n / 8 calls: by then it is wrong by an eighth of a call for each. */
const lasts = 8;

/** The calls pending on all candidates of a list, at the cost of a few additions for each call that asks. */
export class PendingSum {
  readonly #among: readonly Candidate[];
  #sum = 0;
  #left = 0;

  constructor(among: readonly Candidate[]) {
    this.#among = among;
  }

  /** Returns the sum, once for each call that goes to one of them. */
  sum(): number {
    if (this.#left > 0) {
      this.#left--;
      return ++this.#sum;
    }
    let sum = 0;
    for (let place = 0; place < this.#among.length; place++) sum += this.#among[place]!.pending;
    this.#sum = sum;
    this.#left = Math.floor(this.#among.length / lasts);
    return sum;
  }
}
