import { headerBytes, readLength } from "../wire/header.js";

/** A stretch of memory that holds items, each behind its header, or one item without. */
interface Stretch {
  bytes: Buffer;
  at: number;
  end: number;
  /** Bytes that the one item without a header counts; 0 where items stand behind their headers. */
  readonly aloneBytes: number;
  /** Whether it is part of what was read, which is good for this read only. */
  borrowed: boolean;
}

const nothing = Buffer.alloc(0);
const spent: Stretch = { bytes: nothing, at: 0, end: 0, aloneBytes: 0, borrowed: false };

/**
 * Items that arrived and were not taken, encoded as they came: what a read brought is copied together, once it has been
 * looked at.
 */
export class Unread {
  /** The item that was taken last: where it lies, whether its memory is its own, and what it counts. */
  bytes: Buffer = nothing;
  start = 0;
  end = 0;
  owned = false;
  costBytes = 0;
  readonly #stretches: Stretch[] = [];
  /** Stretches before it are used up. */
  #head = 0;
  /** How many are borrowed, those used up included: between them may be items with memory of their own. */
  #borrowed = 0;

  get empty(): boolean {
    return this.#head === this.#stretches.length;
  }

  /** Bytes that wait. */
  get heldBytes(): number {
    let bytes = 0;
    for (let index = this.#head; index < this.#stretches.length; index++) {
      const { at, end } = this.#stretches[index]!;
      bytes += end - at;
    }
    return bytes;
  }

  /** Adds an item whose header stands before `start`. `borrowed` bytes stay as they are until `settle`, others for this moment only. */
  add(bytes: Buffer, start: number, end: number, borrowed: boolean): void {
    const at = start - headerBytes;
    const last = this.#stretches[this.#stretches.length - 1];
    if (borrowed && last !== undefined && last.bytes === bytes && last.end === at) {
      last.end = end;
      return;
    }
    if (borrowed) {
      this.#stretches.push({ bytes, at, end, aloneBytes: 0, borrowed });
      this.#borrowed++;
    } else
      this.#stretches.push({
        bytes: Buffer.from(bytes.subarray(at, end)),
        at: 0,
        end: end - at,
        aloneBytes: 0,
        borrowed,
      });
  }

  /** Adds an item that has memory of its own. */
  addAlone(bytes: Buffer, costBytes: number): void {
    this.#stretches.push({ bytes, at: 0, end: bytes.length, aloneBytes: costBytes, borrowed: false });
  }

  /** Takes the oldest item out: `bytes`, `start` and `end` say where it lies. Not to be called while empty. */
  take(): void {
    const stretch = this.#stretches[this.#head]!;
    this.bytes = stretch.bytes;
    this.owned = stretch.aloneBytes > 0;
    if (this.owned) {
      this.start = 0;
      this.end = stretch.end;
      this.costBytes = stretch.aloneBytes;
      this.#leave();
      return;
    }
    this.costBytes = headerBytes + readLength(stretch.bytes, stretch.at);
    this.start = stretch.at + headerBytes;
    this.end = stretch.at += this.costBytes;
    if (this.end === stretch.end) this.#leave();
  }

  /** Lets go of the memory of the item that was taken last. */
  forget(): void {
    this.bytes = nothing;
  }

  /** Copies what is still borrowed: called when what was read has been looked at. */
  settle(): void {
    for (let index = this.#stretches.length - 1; index >= this.#head && this.#borrowed > 0; index--) {
      const stretch = this.#stretches[index]!;
      if (!stretch.borrowed) continue;
      this.#borrowed--;
      stretch.borrowed = false;
      stretch.bytes = Buffer.from(stretch.bytes.subarray(stretch.at, stretch.end));
      stretch.end -= stretch.at;
      stretch.at = 0;
    }
    this.#borrowed = 0;
  }

  clear(): void {
    this.#stretches.length = this.#head = this.#borrowed = 0;
    this.bytes = nothing;
  }

  #leave(): void {
    this.#stretches[this.#head++] = spent;
    if (this.#head === this.#stretches.length) this.#stretches.length = this.#head = 0;
    else if (this.#head >= 64) {
      this.#stretches.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
