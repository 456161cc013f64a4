import { RpcError } from "../contract/errors.js";
import { malformedBlock, maxBlockBytes, mayBeInBlock } from "./block.js";
import { forbiddenFlags, headerBytes, maxFrameBytes, readLength } from "./header.js";
import { preface } from "./preface.js";
import { protocolError } from "./protocol-error.js";

/** Takes frames as they are read. `bytes` is only good during the call. */
export interface FrameTaker {
  frame(kind: number, flags: number, target: number, id: number, bytes: Buffer, start: number, end: number): void;
}

/** A partial frame's first buffer: it grows by what arrives, never by what was announced. */
const firstAssemblyBytes = 1_024;
const largestAssemblyBytes = headerBytes + maxFrameBytes;
/** What a read may inflate to before the rest of it has to wait, so that a few bytes do not buy a long turn of ours. */
const inflatedReadBytes = 2 * maxBlockBytes;
const empty = Buffer.alloc(0);

/**
 * Cuts a byte stream into frames, in place: a frame that lies whole in a chunk is handed on as a range of it, and only
 * one that is cut by the end of a chunk is put together in a buffer of the reader's own. Cost is linear in bytes,
 * however they are sliced.
 */
export class FrameReader {
  readonly #taker: FrameTaker;
  #prefaceSeen = 0;
  /** The beginning of a frame whose end has not arrived; kept for the next cut frame. */
  #partial: Buffer = empty;
  #partialLength = 0;
  #stopped = false;
  #inflatedBytes = 0;

  constructor(taker: FrameTaker) {
    this.#taker = taker;
  }

  /** Whether the peer has proved, byte for byte, to speak this protocol. */
  get recognised(): boolean {
    return this.#prefaceSeen === preface.length;
  }

  /** Bytes held of a frame that has not ended. */
  get heldBytes(): number {
    return this.#partialLength;
  }

  /** Hands on no more frames, not even those left in the chunk at hand. */
  stop(): void {
    this.#stopped = true;
    this.#partial = empty;
    this.#partialLength = 0;
  }

  /** Lets go of the buffer that cut frames are put together in, where none is: for connections that fell idle. */
  trim(): void {
    if (this.#partialLength === 0) this.#partial = empty;
  }

  /**
   * Takes the next bytes. Returns how many: fewer than all only where blocks among them inflated to so much that the rest
   * should wait for another turn. Throws `RpcError` on what cannot be a frame; the reader is of no use after that.
   */
  push(chunk: Buffer): number {
    let at = 0;
    this.#inflatedBytes = 0;
    if (this.#prefaceSeen < preface.length) at = this.#matchPreface(chunk);
    if (this.#partialLength > 0) at = this.#completePartial(chunk, at);
    while (!this.#stopped && chunk.length - at >= headerBytes) {
      const end = at + headerBytes + checkedLength(chunk, at);
      if (end > chunk.length) break;
      this.#emit(chunk, at, end);
      at = end;
      if (this.#inflatedBytes >= inflatedReadBytes) return at;
    }
    if (!this.#stopped && at < chunk.length) this.#keep(chunk, at, chunk.length);
    return chunk.length;
  }

  /** Hands on the frames of an inflated block, which are whole. Called while the block's own frame is handed on. */
  pushBlock(inflated: Buffer): void {
    this.#inflatedBytes += inflated.length;
    let at = 0;
    while (!this.#stopped && at < inflated.length) {
      const end = inflated.length - at < headerBytes ? Infinity : at + headerBytes + checkedLength(inflated, at);
      if (end > inflated.length) throw malformedBlock("a frame in it goes on behind its end");
      const kind = inflated[at]!;
      if (!mayBeInBlock(kind)) throw protocolError("UNEXPECTED_FRAME", `a frame of kind ${kind} came in a block`);
      this.#emit(inflated, at, end);
      at = end;
    }
  }

  #matchPreface(chunk: Buffer): number {
    let at = 0;
    while (this.#prefaceSeen < preface.length && at < chunk.length) {
      if (chunk[at] !== preface[this.#prefaceSeen]) {
        this.#stopped = true;
        throw new RpcError("unavailable", "the peer does not speak this protocol: is this the right port?", {
          reason: "BAD_PREFACE",
          processed: "no",
        });
      }
      at++;
      this.#prefaceSeen++;
    }
    return at;
  }

  /** Adds to the partial frame what belongs to it; returns where in the chunk the next frame begins. */
  #completePartial(chunk: Buffer, from: number): number {
    let at = from;
    if (this.#partialLength < headerBytes) {
      const end = Math.min(chunk.length, at + headerBytes - this.#partialLength);
      this.#keep(chunk, at, end);
      at = end;
      if (this.#partialLength < headerBytes) return at;
    }
    const whole = headerBytes + checkedLength(this.#partial, 0);
    const end = Math.min(chunk.length, at + whole - this.#partialLength);
    this.#keep(chunk, at, end);
    if (this.#partialLength === whole) {
      this.#partialLength = 0;
      this.#emit(this.#partial, 0, whole);
    }
    return end;
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const needed = this.#partialLength + end - start;
    if (needed > this.#partial.length) {
      const size = Math.max(firstAssemblyBytes, 2 ** Math.ceil(Math.log2(needed)));
      const grown = Buffer.allocUnsafeSlow(Math.min(largestAssemblyBytes, size));
      this.#partial.copy(grown, 0, 0, this.#partialLength);
      this.#partial = grown;
    }
    chunk.copy(this.#partial, this.#partialLength, start, end);
    this.#partialLength = needed;
  }

  #emit(at: Buffer, start: number, end: number): void {
    const kind = at[start]!;
    const flags = (at[start + 4]! << 8) | at[start + 5]!;
    if ((flags & forbiddenFlags[kind]!) !== 0) {
      throw protocolError(
        "RESERVED_FLAG",
        `a frame of kind ${kind} has a flag set that it does not have in this version`,
      );
    }
    const target = (at[start + 6]! << 8) | at[start + 7]!;
    const id = ((at[start + 8]! << 24) | (at[start + 9]! << 16) | (at[start + 10]! << 8) | at[start + 11]!) >>> 0;
    this.#taker.frame(kind, flags, target, id, at, start + headerBytes, end);
  }
}

function checkedLength(at: Buffer, offset: number): number {
  const length = readLength(at, offset);
  if (length > maxFrameBytes) {
    throw protocolError(
      "FRAME_TOO_LARGE",
      `a frame of ${length} bytes was announced, the limit is ${maxFrameBytes}: longer messages travel in chunks`,
      "resource_exhausted",
    );
  }
  return length;
}
