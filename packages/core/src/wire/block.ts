import type { BlockAlgorithm } from "./block-algorithm.js";
import { headerBytes, ignorable, Kind } from "./header.js";
import { protocolError } from "./protocol-error.js";

/** The most bytes of frames in one block, headers included. */
export const maxBlockBytes = 65_536;

/** What stands before the compressed bytes: how many they are inflated, u32. */
export const inflatedLengthBytes = 4;

const bodies: ReadonlySet<number> = new Set([
  Kind.open,
  Kind.opened,
  Kind.request,
  Kind.response,
  Kind.error,
  Kind.reject,
  Kind.item,
  Kind.end,
  Kind.chunk,
]);

/** Whether a frame of this kind may travel in a block: what carries a body does, what steers stays outside. */
export function mayBeInBlock(kind: number): boolean {
  return bodies.has(kind) || (kind & ignorable) !== 0;
}

/**
 * Returns the frames that a block holds, in memory of their own. Throws `RpcError` where it is in none of the
 * algorithms that were agreed, announces more than a block may hold, or is not exactly what it announces.
 */
export function inflateBlock(
  agreed: readonly BlockAlgorithm[],
  number: number,
  bytes: Buffer,
  start: number,
  end: number,
): Buffer {
  const algorithm = agreed.find(({ bit }) => bit === number);
  if (algorithm === undefined)
    throw protocolError("UNKNOWN_COMPRESSION", `a block is compressed in way ${number}, which was not agreed`);
  const compressedBytes = end - start - inflatedLengthBytes;
  if (compressedBytes <= 0) throw malformedBlock("it ends before its content");
  const inflatedBytes = bytes.readUInt32BE(start);
  if (inflatedBytes > maxBlockBytes) {
    throw protocolError(
      "BLOCK_TOO_LARGE",
      `a block of ${inflatedBytes} bytes was announced, the limit is ${maxBlockBytes}`,
      "resource_exhausted",
    );
  }
  if (inflatedBytes < headerBytes) throw malformedBlock(`it announces ${inflatedBytes} bytes, which are no frame`);
  if (inflatedBytes > compressedBytes * algorithm.mostPerByte)
    throw malformedBlock(`${compressedBytes} bytes cannot stand for the ${inflatedBytes} that it announces`);
  let inflated: Buffer;
  try {
    inflated = algorithm.inflate(bytes.subarray(start + inflatedLengthBytes, end), inflatedBytes);
  } catch {
    throw malformedBlock(`its ${algorithm.name} does not inflate to the ${inflatedBytes} bytes that it announces`);
  }
  if (inflated.length !== inflatedBytes)
    throw malformedBlock(`it inflates to ${inflated.length} bytes and announces ${inflatedBytes}`);
  return inflated;
}

/** Returns the error for a block that is not what it should be. */
export function malformedBlock(why: string): Error {
  return protocolError("MALFORMED_BLOCK", `a compressed block is not well formed: ${why}`);
}
