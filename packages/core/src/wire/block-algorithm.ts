import { createRequire } from "node:module";
import type { Compression } from "../contract/compression.js";

/** One way to compress a block. */
export interface BlockAlgorithm {
  readonly name: Compression;
  /** Its bit among the features of a hello, and its number in a block's header. */
  readonly bit: number;
  /** The most bytes that one compressed byte can stand for: what announces more is not even tried. */
  readonly mostPerByte: number;
  /** Returns the compressed bytes: those of one block, which needs no other to be read. */
  compress(bytes: Buffer): Buffer;
  /** Returns what was compressed. Allocates for `inflatedBytes` and no more; throws, or returns another length, where they are not exactly so many. */
  inflate(compressed: Buffer, inflatedBytes: number): Buffer;
}

/** One of zlib's fast levels: the next ones save a tenth more and cost half as much again. */
const level = 1;
/** As small as the tables may be before blocks of 64 KiB get longer: setting them up is a third of what a small block costs. */
const windowBits = 14;
const memLevel = 7;

type Zlib = typeof import("node:zlib");
let zlib: Zlib | undefined;

/** DEFLATE without a wrapper, RFC 1951. A length code of two bits stands for 258 bytes at most, so a byte for 1,032. */
export const deflate: BlockAlgorithm = {
  name: "deflate",
  bit: 1,
  mostPerByte: 1_032,
  compress(bytes) {
    zlib ??= process.getBuiltinModule("node:zlib");
    return zlib.deflateRawSync(bytes, { level, windowBits, memLevel });
  },
  inflate(compressed, inflatedBytes) {
    zlib ??= process.getBuiltinModule("node:zlib");
    // One byte of room more than was announced: what would be longer fills it, and is refused there.
    const options = { maxOutputLength: inflatedBytes, chunkSize: Math.max(64, inflatedBytes + 1), info: true };
    const { buffer, engine } = zlib.inflateRawSync(compressed, options) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    if (engine.bytesWritten !== compressed.length) throw new RangeError("bytes are left behind the end");
    return buffer;
  },
};

/** What we use of lz4-napi: LZ4 blocks behind their inflated length, 4 bytes, little-endian. */
interface Lz4 {
  compressSync(bytes: Buffer): Buffer;
  uncompressSync(bytes: Buffer): Buffer;
}

/** Returns LZ4 blocks by way of lz4-napi. Throws what `require` throws where the package is not there. */
export function loadLz4(require: (name: string) => unknown = createRequire(import.meta.url)): BlockAlgorithm {
  const lz4 = require("lz4-napi") as Lz4;
  return {
    name: "lz4",
    bit: 2,
    // A match grows by 255 with each byte.
    mostPerByte: 255,
    compress: (bytes) => lz4.compressSync(bytes).subarray(4),
    inflate(compressed, inflatedBytes) {
      const prefixed = Buffer.allocUnsafe(4 + compressed.length);
      prefixed.writeUInt32LE(inflatedBytes);
      compressed.copy(prefixed, 4);
      return lz4.uncompressSync(prefixed);
    },
  };
}

let installed: BlockAlgorithm | undefined;

/** Returns what `loadLz4` does, loaded once: finding the package takes longer than all else that a client without connections does. */
export function installedLz4(): BlockAlgorithm {
  installed ??= loadLz4();
  return installed;
}
