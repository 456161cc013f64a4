/** A `Readable` of Node, whose type says nothing of its chunks. */
interface NodeReadable extends AsyncIterable<unknown> {
  readonly readableFlowing: boolean | null;
  destroy(error?: Error): unknown;
}

/** A `ReadableStream` of the web. */
interface WebReadable extends AsyncIterable<unknown> {
  readonly locked: boolean;
  cancel(reason?: unknown): unknown;
}

type IsAny<T> = 0 extends 1 & T ? true : false;

/** Whether a result is a stream, whatever else it may be not; of `any` and `unknown` nobody knows, and they are none. */
export type IsStream<R> = [R] extends [never]
  ? false
  : unknown extends R
    ? false
    : [R] extends [AsyncIterable<unknown>]
      ? true
      : false;

/** Whether a parameter may be a stream, among other things. */
export type TakesStream<P> = unknown extends P
  ? false
  : [Extract<P, AsyncIterable<unknown>>] extends [never]
    ? false
    : true;

/** What a stream yields. Of Node's and the web's own streams that say no more, bytes. */
export type ItemOf<S> = S extends NodeReadable
  ? Uint8Array
  : S extends AsyncIterable<infer I>
    ? IsAny<I> extends true
      ? S extends WebReadable
        ? Uint8Array
        : I
      : I
    : never;

/** What a handler has to be given for the streams among its parameters, as `streamAs` says it; `never` for what is not one of these. */
export type FormOf<P> = unknown extends P
  ? never
  : P extends NodeReadable
    ? "readable"
    : P extends WebReadable
      ? "web"
      : P extends AsyncIterable<unknown>
        ? "iterable"
        : never;
