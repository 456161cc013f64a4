/**
 * What every Buffer of Node offers beyond its declared type: the conversions themselves, without an encoding's name to
 * look up and without a view to make. Both replace what is not valid by U+FFFD: a lone surrogate when writing, a byte
 * that is not UTF-8 when reading.
 */
export interface NativeBuffer extends Buffer {
  /** Returns the text of the UTF-8 bytes from `start` to `end`. */
  utf8Slice(start: number, end: number): string;
  /** Writes at most `length` bytes of `text` as UTF-8 at `offset`, which must be there: Node 24 checks it. Returns how many it wrote. */
  utf8Write(text: string, offset: number, length: number): number;
}

/** What a codec's state refers to between messages, so that it keeps nobody's memory alive. */
export const nothing = Buffer.alloc(0) as NativeBuffer;
