import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";

/** Whether a value is a stream of items that may be of a class. A file or a socket yields bytes, and is left as it is. */
export function isItems(value: unknown): value is AsyncIterable<unknown> {
  if (typeof value !== "object" || value === null || !(Symbol.asyncIterator in value)) return false;
  return !(value instanceof ReadableStream) && !(value instanceof Readable && !value.readableObjectMode);
}

/** Returns a stream of what `map` makes of each item. Leaving it leaves the one it is made from, begun or not. */
export function mapItems(stream: AsyncIterable<unknown>, map: (item: unknown) => unknown): AsyncIterable<unknown> {
  return new MappedItems(stream, map);
}

class MappedItems implements AsyncIterableIterator<unknown> {
  readonly #stream: AsyncIterable<unknown>;
  readonly #map: (item: unknown) => unknown;
  #source: AsyncIterator<unknown> | undefined;

  constructor(stream: AsyncIterable<unknown>, map: (item: unknown) => unknown) {
    this.#stream = stream;
    this.#map = map;
  }

  async next(): Promise<IteratorResult<unknown>> {
    this.#source ??= this.#stream[Symbol.asyncIterator]();
    const result = await this.#source.next();
    if (result.done) return result;
    try {
      return { done: false, value: this.#map(result.value) };
    } catch (thrown) {
      // Who is told that it failed asks no more of it.
      this.return().catch(() => {});
      throw thrown;
    }
  }

  /** What was never begun has something to end only where it is a run itself, as a generator is. */
  async return(): Promise<IteratorResult<unknown>> {
    await (this.#source ?? (this.#stream as Partial<AsyncIterator<unknown>>)).return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
