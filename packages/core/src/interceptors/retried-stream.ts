import type { Call } from "../contract/call.js";
import { isStream } from "../items/is-stream.js";

/**
 * A stream that was opened, until its first item: where that cannot be had, `recover` makes the call again or rejects.
 * After it, only the way to the source is left.
 */
export class RetriedStream implements AsyncIterableIterator<unknown> {
  readonly #call: Call;
  readonly #recover: (thrown: unknown) => Promise<unknown>;
  #source: AsyncIterator<unknown>;
  #first: Promise<IteratorResult<unknown>> | undefined;
  #begun = false;
  #left = false;

  constructor(call: Call, opened: AsyncIterable<unknown>, recover: (thrown: unknown) => Promise<unknown>) {
    this.#call = call;
    this.#source = opened[Symbol.asyncIterator]();
    this.#recover = recover;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#begun) return this.#source.next();
    // Who asks again before the first item is there waits for what became of that.
    this.#first = this.#first === undefined ? this.#begin() : this.#first.then(() => this.#source.next());
    return this.#first;
  }

  return(): Promise<IteratorResult<unknown>> {
    this.#left = true;
    return this.#source.return?.() ?? Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #begin(): Promise<IteratorResult<unknown>> {
    for (;;) {
      try {
        const first = await this.#source.next();
        if (first.done !== true) this.#call.begun = true;
        this.#begun = true;
        return first;
      } catch (thrown) {
        if (this.#left) throw thrown;
        const again = await this.#recover(thrown);
        if (!isStream(again)) throw thrown;
        this.#source = again[Symbol.asyncIterator]();
        if (this.#left) await this.#source.return?.();
      }
    }
  }
}
