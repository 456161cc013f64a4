import type { Item } from "./item.js";
import type { Ledger } from "./ledger.js";

/** Holds what somebody reads of a stream to its order: no gap, no duplicate, nothing of another stream, and all of it before its end. */
export class ItemsInOrder {
  read = 0;
  readonly #ledger: Ledger;
  readonly #who: string;
  readonly #token: string;
  readonly #items: number;
  readonly #bytes: number;
  #run: number | undefined;

  constructor(ledger: Ledger, who: string, token: string, items: number, bytes: number) {
    this.#ledger = ledger;
    this.#who = who;
    this.#token = token;
    this.#items = items;
    this.#bytes = bytes;
  }

  take({ token, n, run, filler }: Item): void {
    const say = (what: string): void => this.#ledger.violated(`${this.#who} ${what}`);
    this.#run ??= run;
    if (token !== this.#token) say(`read an item of ${token}`);
    if (n !== this.read) say(`read item ${n} in place of ${this.read}`);
    if (n >= this.#items) say(`read item ${n} of ${this.#items}`);
    if (run !== this.#run) say(`read items of runs ${this.#run} and ${run}`);
    if (filler.length !== this.#bytes) say(`read an item of ${filler.length} bytes, and ${this.#bytes} were sent`);
    this.read = n + 1;
  }

  /** It ended well, so it says. */
  end(mustFail: boolean): void {
    if (mustFail) this.#ledger.violated(`${this.#who} read an end, though its producer threw`);
    if (this.read !== this.#items)
      this.#ledger.violated(`${this.#who} read the end behind ${this.read} of ${this.#items} items`);
  }
}
