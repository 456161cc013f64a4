/**
 * Returns a run through a stream that begins when its first item is asked for: what making the run throws is then what
 * the first item is. Ending it before that ends what is a run itself, as a generator is, and nothing else.
 */
export function lazySource(stream: AsyncIterable<unknown>): AsyncIterator<unknown> {
  let source: AsyncIterator<unknown> | undefined;
  return {
    next() {
      source ??= stream[Symbol.asyncIterator]();
      return source.next();
    },
    async return() {
      await (source ?? (stream as Partial<AsyncIterator<unknown>>)).return?.();
      return { done: true, value: undefined };
    },
  };
}
