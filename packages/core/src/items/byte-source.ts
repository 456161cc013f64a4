import type { Readable } from "node:stream";

/** What pieces of a file or socket have at most, in bytes: with its few bytes of encoding each fits into a frame. */
const mostBytes = 65_528;

/** A source with the end that it needs also where nobody began to read it. */
export interface ByteSource extends AsyncIterableIterator<unknown, undefined, undefined> {
  return(): Promise<IteratorResult<unknown, undefined>>;
}

/**
 * Returns what yields the bytes of a `Readable` of Node or a `ReadableStream`, in pieces of at most 64 KiB, whatever pieces
 * they come in; undefined for anything else. Its `return` destroys or cancels the stream. Streams of objects yield these.
 */
export function byteSource(stream: AsyncIterable<unknown>): ByteSource | undefined {
  if (isReadable(stream)) return new Pieces(new NodeSource(stream));
  if (isWeb(stream)) return new Pieces(new WebSource(stream));
  return undefined;
}

/** What can be read from, and stopped while somebody reads. */
interface Source {
  read(): Promise<IteratorResult<unknown>>;
  stop(): void;
}

class NodeSource implements Source {
  readonly #stream: Readable;
  #iterator: AsyncIterator<unknown> | undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
    // Until it is read, and when it was left, an error of it must not end the process: who reads it is told.
    stream.on("error", () => {});
  }

  read(): Promise<IteratorResult<unknown>> {
    this.#iterator ??= this.#stream[Symbol.asyncIterator]();
    return this.#iterator.next();
  }

  stop(): void {
    this.#stream.destroy();
  }
}

class WebSource implements Source {
  readonly #stream: ReadableStream;
  #reader: ReadableStreamDefaultReader | undefined;

  constructor(stream: ReadableStream) {
    this.#stream = stream;
  }

  async read(): Promise<IteratorResult<unknown>> {
    this.#reader ??= this.#stream.getReader();
    const { done, value } = await this.#reader.read();
    return done ? { done, value: undefined } : { done, value };
  }

  /** What is being read is locked: its reader alone may end it. */
  stop(): void {
    (this.#reader ?? this.#stream).cancel().catch(() => {});
  }
}

class Pieces implements ByteSource {
  readonly #source: Source;
  #rest: Uint8Array | undefined;
  #pieceBytes = 0;
  #ended = false;

  constructor(source: Source) {
    this.#source = source;
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#ended) return { done: true, value: undefined };
    if (this.#rest !== undefined) return { done: false, value: this.#cut(this.#rest) };
    const { done, value } = await this.#source.read();
    if (done) {
      this.#ended = true;
      return { done, value: undefined };
    }
    if (!(value instanceof Uint8Array)) return { done: false, value };
    // Evenly: what Node reads of a file at once is a little more than fits, and would leave a crumb each time.
    this.#pieceBytes = Math.ceil(value.length / Math.ceil(value.length / mostBytes));
    return { done: false, value: this.#cut(value) };
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    if (!this.#ended) {
      this.#ended = true;
      this.#source.stop();
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #cut(bytes: Uint8Array): Uint8Array {
    const more = bytes.length > this.#pieceBytes;
    this.#rest = more ? bytes.subarray(this.#pieceBytes) : undefined;
    return more ? bytes.subarray(0, this.#pieceBytes) : bytes;
  }
}

function isReadable(stream: object): stream is Readable {
  const { pipe, on, destroy } = stream as Partial<Readable>;
  return typeof pipe === "function" && typeof on === "function" && typeof destroy === "function";
}

function isWeb(stream: object): stream is ReadableStream {
  const { getReader, cancel } = stream as Partial<ReadableStream>;
  return typeof getReader === "function" && typeof cancel === "function";
}
