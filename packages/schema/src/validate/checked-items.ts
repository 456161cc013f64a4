/** Returns a stream of the same items: reading one that `faultOf` finds wrong rejects with its error, and leaves the stream. */
export function checkedItems(
  stream: AsyncIterable<unknown>,
  faultOf: (item: unknown) => Error | undefined,
): AsyncIterable<unknown> {
  let source: AsyncIterator<unknown> | undefined;
  return {
    [Symbol.asyncIterator]() {
      return this as unknown as AsyncIterator<unknown>;
    },
    async next(): Promise<IteratorResult<unknown>> {
      source ??= stream[Symbol.asyncIterator]();
      const result = await source.next();
      const fault = result.done === true ? undefined : faultOf(result.value);
      if (fault === undefined) return result;
      // Who is told that it failed asks no more of it.
      source.return?.().catch(() => {});
      throw fault;
    },
    /** What was never begun has something to end where it is a run itself. */
    async return(): Promise<IteratorResult<unknown>> {
      await (source ?? (stream as Partial<AsyncIterator<unknown>>)).return?.();
      return { done: true, value: undefined };
    },
  } as AsyncIterable<unknown>;
}
