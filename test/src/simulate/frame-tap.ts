import { inflateRawSync } from "node:zlib";
import { headerBytes, kinds, preface } from "../wire/raw/numbers.js";

/** A frame as it went by. */
export interface Tapped {
  readonly kind: number;
  readonly flags: number;
  readonly target: number;
  readonly id: number;
  readonly body: Buffer;
  /** With its header. */
  readonly bytes: number;
}

/** Bytes in front of a block's compressed ones. */
const blockFieldBytes = 4;

/** Cuts what goes by into frames, those in deflated blocks too. */
export class FrameTap {
  readonly #onFrame: (frame: Tapped) => void;
  #rest: Buffer = Buffer.alloc(0);
  #at = preface.length;

  constructor(onFrame: (frame: Tapped) => void) {
    this.#onFrame = onFrame;
  }

  /** Bytes that have come of an item whose rest has not. */
  get partBytes(): number {
    return this.#rest[0] === kinds.item ? this.#rest.length : 0;
  }

  add(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#at = this.#cut(bytes, this.#at);
    this.#rest = Buffer.from(bytes.subarray(this.#at));
    this.#at = Math.max(0, this.#at - bytes.length);
  }

  /** Returns where the first frame begins that is not whole. */
  #cut(bytes: Buffer, from: number): number {
    let at = from;
    while (at + headerBytes <= bytes.length) {
      const end = at + headerBytes + bytes.readUIntBE(at + 1, 3);
      if (end > bytes.length) break;
      const kind = bytes[at]!;
      const body = bytes.subarray(at + headerBytes, end);
      if (kind === kinds.block) this.#cut(inflateRawSync(body.subarray(blockFieldBytes)), 0);
      else
        this.#onFrame({
          kind,
          flags: bytes.readUInt16BE(at + 4),
          target: bytes.readUInt16BE(at + 6),
          id: bytes.readUInt32BE(at + 8),
          body,
          bytes: end - at,
        });
      at = end;
    }
    return at;
  }
}
