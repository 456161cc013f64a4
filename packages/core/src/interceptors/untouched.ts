import type { Call } from "../contract/call.js";
import { isStream } from "../items/is-stream.js";

/**
 * Holds the streams among a call's arguments, so that an attempt that ended before it read of one leaves it whole for the
 * next: what an interceptor made of a stream can be run through once only. Once one was read the call has begun.
 */
export function holdArguments(call: Call): void {
  call.input = call.input.map((value) => (isStream(value) ? new Untouched(call, value) : value));
}

class Untouched implements AsyncIterableIterator<unknown> {
  readonly #call: Call;
  readonly #stream: AsyncIterable<unknown>;
  #source: AsyncIterator<unknown> | undefined;

  constructor(call: Call, stream: AsyncIterable<unknown>) {
    this.#call = call;
    this.#stream = stream;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#source === undefined) {
      this.#call.begun = true;
      this.#source = this.#stream[Symbol.asyncIterator]();
    }
    return this.#source.next();
  }

  async return(): Promise<IteratorResult<unknown>> {
    await this.#source?.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
