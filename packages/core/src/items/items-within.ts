/** Runs something where it belongs. */
export type Within = <T>(run: () => T) => T;

/**
 * Items whose source runs within an asynchronous context, whoever asks for them: a generator's body runs where its `next`
 * is called, and not where it was made. `onEnd` is called once, when nothing of it will run any more.
 */
export class ItemsWithin implements AsyncIterableIterator<unknown> {
  readonly #stream: AsyncIterable<unknown>;
  readonly #within: Within;
  readonly #onEnd: (() => void) | undefined;
  #source: AsyncIterator<unknown> | undefined;
  #left = false;
  readonly #ask = (): Promise<IteratorResult<unknown>> => {
    this.#source ??= this.#stream[Symbol.asyncIterator]();
    return this.#source.next();
  };
  readonly #look = (result: IteratorResult<unknown>): IteratorResult<unknown> => {
    if (result.done) this.#onEnd!();
    return result;
  };
  readonly #failed = (thrown: unknown): never => {
    this.#onEnd!();
    throw thrown;
  };

  constructor(stream: AsyncIterable<unknown>, within: Within, onEnd?: () => void) {
    this.#stream = stream;
    this.#within = within;
    this.#onEnd = onEnd;
  }

  next(): Promise<IteratorResult<unknown>> {
    let item: Promise<IteratorResult<unknown>>;
    try {
      // Of an iterator written by hand it may be no promise, as for await takes it.
      item = Promise.resolve(this.#within(this.#ask));
    } catch (thrown) {
      item = Promise.reject(thrown);
    }
    return this.#onEnd === undefined ? item : item.then(this.#look, this.#failed);
  }

  /** What was never begun has something to end only where it is a run itself, as a generator is, or a file. */
  async return(): Promise<IteratorResult<unknown>> {
    if (this.#left) return { done: true, value: undefined };
    this.#left = true;
    const source = this.#source ?? (this.#stream as Partial<AsyncIterator<unknown>>);
    try {
      await this.#within(() => source.return?.());
    } finally {
      this.#onEnd?.();
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
