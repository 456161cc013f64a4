import type { Sink } from "../contract/codec.js";
import { RpcError } from "../contract/errors.js";

const firstBytes = 1_024;

/** A sink of its own memory, for what is encoded before it can be written. */
export class GrowingSink implements Sink {
  bytes: Buffer = Buffer.allocUnsafeSlow(firstBytes);
  position = 0;
  readonly #maxBytes: number;
  readonly #option: string;

  /** `option` is named in the error of what is above `maxBytes`. */
  constructor(maxBytes: number, option: string) {
    this.#maxBytes = maxBytes;
    this.#option = option;
  }

  reserve(count: number): void {
    const needed = this.position + count;
    if (needed <= this.bytes.length) return;
    const size = Math.max(needed, Math.min(this.bytes.length * 2, this.#maxBytes));
    // Codecs ask for the most that a value may take, so a little above the bound may still fit in the end.
    if (this.position > this.#maxBytes || needed > this.#maxBytes * 3 + firstBytes) throw this.#tooLarge(needed);
    const grown = Buffer.allocUnsafeSlow(size);
    this.bytes.copy(grown, 0, 0, this.position);
    this.bytes = grown;
  }

  /** Returns what was written, as bytes of their own. Throws `resource_exhausted` / `MESSAGE_TOO_LARGE` above the bound. */
  taken(): Buffer {
    if (this.position > this.#maxBytes) throw this.#tooLarge(this.position);
    return Buffer.from(this.bytes.subarray(0, this.position));
  }

  #tooLarge(size: number): RpcError {
    return new RpcError(
      "resource_exhausted",
      `${size} bytes are above the limit of ${this.#maxBytes}: send less at once, or raise ${this.#option}`,
      { reason: "MESSAGE_TOO_LARGE", processed: "no" },
    );
  }
}
