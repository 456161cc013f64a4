import { RpcError } from "../contract/errors.js";
import { malformedBlock, maxBlockBytes, mayBeInBlock } from "./block.js";
import { Flag, forbiddenFlags, headerBytes, Kind, maxFrameBytes, readLength, writeLength } from "./header.js";
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
/** Of a long message's part that is cut, at least so much is handed on as a part of its own: less is put together first. */
const leastPieceBytes = 4_096;
/** Of an item's frame of at least so many bytes the beginning is handed on at once: the rest can be read to its place. */
export const landingBytes = 16_384;
const leastBeginningBytes = 16;
const empty = Buffer.alloc(0);

/**
 * Cuts a byte stream into frames, in place: a frame that lies whole in a chunk is handed on as a range of it, and only
 * one that is cut by the end of a chunk is put together in a buffer of the reader's own. A cut part of a long message is
 * handed on as several, since parts may have any length, and so is copied once less; so is an item, whose taker is told
 * in `restBytes` and `continued`. Cost is linear in bytes, however they are sliced.
 */
export class FrameReader {
  /** Bytes of the item at hand that have not arrived yet: it is handed on in pieces. */
  restBytes = 0;
  /** Whether the item at hand is the rest of one whose beginning was handed on before. */
  continued = false;
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

  /** Bytes that are missing of an item's frame whose beginning was handed on, where they are what comes next. */
  get cutBytes(): number {
    return this.continued && this.#partialLength === headerBytes ? readLength(this.#partial, 0) : 0;
  }

  /** Bytes that are missing of a frame whose header has come, 0 where none has. */
  get missingBytes(): number {
    return this.#partialLength < headerBytes ? 0 : headerBytes + readLength(this.#partial, 0) - this.#partialLength;
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
      this.#emit(chunk, at, chunk, at + headerBytes, end);
      at = end;
      if (this.#inflatedBytes >= inflatedReadBytes) return at;
    }
    if (!this.#stopped && at < chunk.length) this.#keepCut(chunk, at);
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
      this.#emit(inflated, at, inflated, at + headerBytes, end);
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
    if (this.#partialLength === headerBytes && comesInPieces(this.#partial[0]!)) {
      const end = at + whole - headerBytes;
      // Items that wait are found by their headers, so that a whole one has to stand behind its own.
      if (end <= chunk.length && (this.continued || this.#partial[0] === Kind.chunk)) {
        this.#partialLength = 0;
        this.#emitRest(chunk, at, end);
        return end;
      }
      if (end > chunk.length && this.#isPiece(this.#partial, 0, chunk.length - at)) {
        this.#emitPiece(chunk, at);
        return chunk.length;
      }
    }
    const end = Math.min(chunk.length, at + whole - this.#partialLength);
    this.#keep(chunk, at, end);
    if (this.#partialLength === whole) {
      this.#partialLength = 0;
      this.#emitRest(this.#partial, headerBytes, whole);
    }
    return end;
  }

  /** Keeps the beginning of a frame that ends behind the chunk, or what of it cannot be handed on already. */
  #keepCut(chunk: Buffer, at: number): void {
    const body = at + headerBytes;
    if (!comesInPieces(chunk[at]!) || !this.#isPiece(chunk, at, chunk.length - body)) {
      this.#keep(chunk, at, chunk.length);
      return;
    }
    this.#keep(chunk, at, body);
    this.#emitPiece(chunk, body);
  }

  /** Whether so many bytes of a frame that is cut are handed on before the rest has come. */
  #isPiece(header: Buffer, at: number, bytes: number): boolean {
    if (bytes >= leastPieceBytes || header[at] !== Kind.item) return bytes >= leastPieceBytes;
    if (this.continued) return bytes > 0;
    return bytes >= leastBeginningBytes && checkedLength(header, at) >= landingBytes;
  }

  /** Hands on what the chunk has of a long message's part whose header is kept: the header is that of the rest then. */
  #emitPiece(chunk: Buffer, start: number): void {
    const rest = readLength(this.#partial, 0) - (chunk.length - start);
    writeLength(this.#partial, 0, rest);
    if (this.#partial[0] === Kind.chunk) {
      this.#emit(this.#partial, 0, chunk, start, chunk.length, Flag.more);
      return;
    }
    this.restBytes = rest;
    this.#emit(this.#partial, 0, chunk, start, chunk.length);
    this.restBytes = 0;
    this.continued = true;
  }

  /** Hands on a frame whose beginning came in an earlier chunk, or the last piece of it. */
  #emitRest(bytes: Buffer, start: number, end: number): void {
    this.#emit(this.#partial, 0, bytes, start, end);
    this.continued = false;
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

  #emit(header: Buffer, at: number, bytes: Buffer, start: number, end: number, moreFlags = 0): void {
    const kind = header[at]!;
    const flags = (header[at + 4]! << 8) | header[at + 5]! | moreFlags;
    if ((flags & forbiddenFlags[kind]!) !== 0) {
      throw protocolError(
        "RESERVED_FLAG",
        `a frame of kind ${kind} has a flag set that it does not have in this version`,
      );
    }
    const target = (header[at + 6]! << 8) | header[at + 7]!;
    const id = ((header[at + 8]! << 24) | (header[at + 9]! << 16) | (header[at + 10]! << 8) | header[at + 11]!) >>> 0;
    this.#taker.frame(kind, flags, target, id, bytes, start, end);
  }
}

/** Whether of a cut frame of this kind what has arrived is handed on. */
function comesInPieces(kind: number): boolean {
  return kind === Kind.item || kind === Kind.chunk;
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
