/**
 * What a client's method returns whose result is a stream: items in order, without a gap, then the end or an error. The
 * call is made at once, not at the first `next()`; the server sends ahead only as much as credit allows. Leaving a
 * `for await` loop, or `return()`, cancels the call at once. An error that nobody reads is no unhandled rejection.
 */
export interface ResultStream<T> {
  /** Returns the next item, or `done`. Rejects with an `RpcError`, once, where the call failed; after that with nothing more. */
  next(): Promise<IteratorResult<T, undefined>>;
  /** Leaves the stream: the handler is told at once. Never rejects. */
  return(): Promise<IteratorResult<T, undefined>>;
  /** Leaves the stream and rejects with `reason`, as a generator that does not catch. */
  throw(reason?: unknown): Promise<IteratorResult<T, undefined>>;
  /** Returns itself: there is one run through it. */
  [Symbol.asyncIterator](): ResultStream<T>;
  /** For `await using`: leaves it. */
  [Symbol.asyncDispose](): Promise<void>;
}
