import { AsyncResource } from "node:async_hooks";
import { byteSource } from "../items/byte-source.js";
import { endSource } from "../items/endable-items.js";

/** The call that a stream is an argument of. */
interface Reading {
  begun: boolean;
  /** The caller's own stream has thrown. */
  argumentFailed(cause: unknown): void;
}

/**
 * A stream that a caller gave as an argument, as whoever carries the call reads it. Its source is asked for nothing before
 * it is read, runs in the caller's own asynchronous context, and is ended with the call, whatever way that ends.
 */
export class ArgumentStream implements AsyncIterableIterator<unknown> {
  readonly #call: Reading;
  readonly #source: AsyncIterable<unknown>;
  readonly #context = new AsyncResource("RpcArgumentStream");
  #iterator: AsyncIterator<unknown> | undefined;
  #ended = false;
  readonly #onItem = (result: IteratorResult<unknown>): IteratorResult<unknown> => {
    if (result.done) this.#ended = true;
    return result;
  };
  readonly #onThrown = (cause: unknown): never => {
    if (!this.#ended) {
      this.#ended = true;
      this.#call.argumentFailed(cause);
    }
    throw cause;
  };

  constructor(call: Reading, source: AsyncIterable<unknown>) {
    this.#call = call;
    this.#source = byteSource(source) ?? source;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    this.#call.begun = true;
    let item: Promise<IteratorResult<unknown>>;
    try {
      this.#iterator ??= this.#context.runInAsyncScope(() => this.#source[Symbol.asyncIterator]());
      item = Promise.resolve(this.#context.runInAsyncScope(this.#iterator.next, this.#iterator));
    } catch (thrown) {
      item = Promise.reject(thrown);
    }
    return item.then(this.#onItem, this.#onThrown);
  }

  /** Nobody reads on. Before the first item that ends an attempt, and not the call: another one may read it. */
  return(): Promise<IteratorResult<unknown>> {
    if (this.#iterator !== undefined) this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The call has ended. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    // What was never begun has something to end only where it is a run itself, as a generator is, or a file.
    const source = this.#iterator ?? (this.#source as Partial<AsyncIterator<unknown>>);
    this.#context.runInAsyncScope(() => endSource(source as AsyncIterator<unknown>));
  }
}
