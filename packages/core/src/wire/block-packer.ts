import { inflatedLengthBytes, maxBlockBytes, mayBeInBlock } from "./block.js";
import type { BlockAlgorithm } from "./block-algorithm.js";
import { headerBytes, Kind, readLength, writeHeader, writeLength } from "./header.js";

/** Runs of frames up to this size are not worth a block. */
const leastBytes = 1_024;
/** After a run that did not shrink, so many at most are not tried. */
const mostPassed = 15;
const prefixBytes = headerBytes + inflatedLengthBytes;

/**
 * Turns what is about to leave into blocks. Frames keep their order, whether they are in a block or beside one: a run of
 * frames with bodies becomes a block of at most 64 KiB, and a frame that steers ends the run and follows it. What is
 * small, or does not shrink by an eighth, stays as it is.
 */
export class BlockPacker {
  readonly #algorithm: BlockAlgorithm;
  /** How many runs are still passed over, and how many were the last time: bytes that are compressed already come in series. */
  #toPass = 0;
  #passed = 0;

  constructor(algorithm: BlockAlgorithm) {
    this.#algorithm = algorithm;
  }

  /** Returns the parts to write instead of `parts`, which are whole frames; a frame may be cut behind its header. */
  pack(parts: readonly Buffer[]): Buffer[] {
    const packed: Buffer[] = [];
    let run = emptyRun(true);
    /** Bytes that the frame at hand has in the next part. */
    let owed = 0;
    for (const part of parts) {
      let from = 0;
      let at = Math.min(owed, part.length);
      owed -= at;
      while (at < part.length) {
        const frameBytes = headerBytes + readLength(part, at);
        const joins = mayBeInBlock(part[at]!) && frameBytes <= maxBlockBytes;
        if (joins !== run.joins || run.bytes + at - from + frameBytes > maxBlockBytes) {
          extend(run, part, from, at);
          this.#end(run, packed);
          run = emptyRun(joins);
          from = at;
        }
        at += frameBytes;
      }
      owed += at - part.length;
      extend(run, part, from, part.length);
    }
    this.#end(run, packed);
    return packed;
  }

  #end({ joins, parts, bytes }: Run, packed: Buffer[]): void {
    const block = joins && bytes > leastBytes ? this.#compress(parts, bytes) : undefined;
    packed.push(...(block ?? parts));
  }

  /** Returns a block's prefix and content, or undefined where it would not be worth it. */
  #compress(parts: readonly Buffer[], bytes: number): Buffer[] | undefined {
    if (this.#toPass > 0) {
      this.#toPass--;
      return undefined;
    }
    const compressed = this.#algorithm.compress(parts.length === 1 ? parts[0]! : Buffer.concat(parts, bytes));
    if (prefixBytes + compressed.length > bytes - (bytes >>> 3)) {
      this.#toPass = this.#passed = Math.min(mostPassed, this.#passed * 2 + 1);
      return undefined;
    }
    this.#passed = 0;
    const prefix = Buffer.allocUnsafe(prefixBytes);
    writeHeader(prefix, 0, Kind.block, 0, this.#algorithm.bit, 0);
    writeLength(prefix, 0, inflatedLengthBytes + compressed.length);
    prefix.writeUInt32BE(bytes, headerBytes);
    return [prefix, compressed];
  }
}

/** Frames that follow each other, and either may travel in a block or may not. */
interface Run {
  readonly joins: boolean;
  readonly parts: Buffer[];
  bytes: number;
}

function emptyRun(joins: boolean): Run {
  return { joins, parts: [], bytes: 0 };
}

function extend(run: Run, part: Buffer, from: number, to: number): void {
  if (to <= from) return;
  run.parts.push(part.subarray(from, to));
  run.bytes += to - from;
}
