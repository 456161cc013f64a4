import { type BlockAlgorithm, deflate, loadLz4 } from "./block-algorithm.js";
import { headerBytes, Kind, writeHeader, writeLength } from "./header.js";

/** The ways to compress that this machine has. */
export const algorithms: readonly BlockAlgorithm[] = [deflate, ...installedLz4()];

function installedLz4(): BlockAlgorithm[] {
  try {
    return [loadLz4()];
  } catch {
    return [];
  }
}

/** Returns a frame's bytes. */
export function frameOf(kind: number, id: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(headerBytes);
  writeHeader(header, 0, kind, 0, 0, id);
  writeLength(header, 0, body.length);
  return Buffer.concat([header, body]);
}

/** Returns the body of a block frame: what is announced, and the compressed bytes. */
export function blockBody(inflatedBytes: number, compressed: Buffer): Buffer {
  const announced = Buffer.alloc(4);
  announced.writeUInt32BE(inflatedBytes);
  return Buffer.concat([announced, compressed]);
}

/** Returns frames with bodies that compress well, together of at least so many bytes. */
export function orders(bytes: number, firstId = 1): Buffer {
  const made: Buffer[] = [];
  for (let id = firstId, size = 0; size < bytes; id++) {
    const body = Buffer.from(JSON.stringify({ id, customer: `customer ${id % 7}`, status: "paid", currency: "EUR" }));
    made.push(frameOf(Kind.request, id, body));
    size += headerBytes + body.length;
  }
  return Buffer.concat(made);
}
