import { landingBytes } from "../wire/frame-reader.js";
import { protocolError } from "../wire/protocol-error.js";
import type { Budget, Spender } from "./link.js";

/** How much more memory is taken than has come: each step copies what there is. */
const growth = 4;
/** Room behind an item for what follows it on the wire: the header of its second part, and the beginning of the next item. */
const behindBytes = 64;
const nothing = Buffer.alloc(0);

/** An item that arrives in parts, or in pieces of a frame. Its memory grows by what arrives, or is taken at once where its sender has the credit. */
export class LongItem implements Spender {
  readonly totalBytes: number;
  bytes: Buffer = nothing;
  /** Whether its reader waits and its turn has come, so that it counts beside the stream's window. */
  letIn = false;
  /** Whether that was asked for. */
  asked = false;
  /** Bytes of the frame at hand that have not come, whose header has. */
  frameRestBytes = 0;
  /** What its frames counted in the stream's window. */
  costBytes = 0;
  receivedBytes = 0;
  heldBytes = 0;
  over = false;
  readonly #budget: Budget | undefined;
  readonly #onEvicted: () => void;

  /** `onEvicted` is called where the room that `budget` has for all connections does not hold it. */
  constructor(totalBytes: number, budget: Budget | undefined, onEvicted: () => void) {
    this.totalBytes = totalBytes;
    this.#budget = budget;
    this.#onEvicted = onEvicted;
    budget?.begin(this);
  }

  get missingBytes(): number {
    return this.totalBytes - this.receivedBytes;
  }

  /**
   * Where its next bytes are best read to, of which `frameBytes` belong to it; undefined where they may as well be
   * copied. What is read behind those is somebody else's, and good until the item's next part is added.
   */
  landing(frameBytes: number): Buffer | undefined {
    const { receivedBytes, totalBytes, bytes } = this;
    if (totalBytes < landingBytes || bytes.length <= totalBytes) return undefined;
    return bytes.subarray(receivedBytes, Math.min(bytes.length, receivedBytes + frameBytes + behindBytes));
  }

  /** Adds a part. Memory is taken at once for as much as `roomBytes` behind it. Throws where it brings more than was announced. */
  add(bytes: Buffer, start: number, end: number, roomBytes: number): void {
    const needed = this.receivedBytes + end - start;
    if (needed > this.totalBytes) throw protocolError("WRONG_LENGTH", "an item in parts is longer than was announced");
    if (needed > this.bytes.length) {
      const whole = this.totalBytes - needed <= roomBytes;
      const size = whole ? this.totalBytes : Math.min(this.totalBytes, needed * growth);
      this.#budget?.spend(this, size - this.bytes.length);
      if (this.over) return;
      const grown = Buffer.allocUnsafeSlow(whole ? size + behindBytes : size);
      this.bytes.copy(grown, 0, 0, this.receivedBytes);
      this.bytes = grown;
    }
    if (!this.#isInPlace(bytes, start)) bytes.copy(this.bytes, this.receivedBytes, start, end);
    this.receivedBytes = needed;
  }

  /** Whether bytes were read to where they belong. */
  #isInPlace(bytes: Buffer, start: number): boolean {
    return (
      bytes.buffer === this.bytes.buffer && bytes.byteOffset + start === this.bytes.byteOffset + this.receivedBytes
    );
  }

  /** It has come whole, or nobody wants it. */
  end(): void {
    this.#budget?.end(this);
    this.over = true;
  }

  evict(): void {
    this.end();
    this.#onEvicted();
  }
}
