import type { Sink } from "../contract/codec.js";
import { RpcError } from "../contract/errors.js";

const firstBytes = 1_024;

/** A sink with memory of its own. */
export interface OwnSink extends Sink {
  /** Returns a copy of what was written, and is empty again. */
  take(): Buffer;
}

/**
 * Returns an empty sink that grows up to `messageBytes`, 4 MiB unless given: for tests, and for what is encoded before
 * there is a place on the wire for it. Beyond that `reserve` throws `resource_exhausted` / `MESSAGE_TOO_LARGE`.
 */
export function createSink(messageBytes = 4_194_304): OwnSink {
  return {
    bytes: Buffer.allocUnsafeSlow(Math.min(firstBytes, messageBytes)),
    position: 0,
    reserve(count) {
      const needed = this.position + count;
      if (needed <= this.bytes.length) return;
      if (needed > messageBytes) throw tooLarge(messageBytes);
      const grown = Buffer.allocUnsafeSlow(Math.min(messageBytes, Math.max(needed, this.bytes.length * 2)));
      this.bytes.copy(grown, 0, 0, this.position);
      this.bytes = grown;
    },
    take() {
      const taken = Buffer.from(this.bytes.subarray(0, this.position));
      this.position = 0;
      return taken;
    },
  };
}

function tooLarge(messageBytes: number): RpcError {
  return new RpcError(
    "resource_exhausted",
    `the message is larger than ${messageBytes} bytes: send less at once, or raise limits.messageBytes on both sides`,
    { reason: "MESSAGE_TOO_LARGE", processed: "no" },
  );
}
