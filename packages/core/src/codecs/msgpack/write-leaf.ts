import type { NativeBuffer } from "../native.js";
import { Unencodable } from "../unencodable.js";
import { Extension, maxBigintBytes, viewKinds } from "./extensions.js";
import { packLeaf } from "./leaves.js";
import { put32, putWord } from "./write-number.js";

const long = new BigUint64Array(1);
const longBytes = new Uint8Array(long.buffer);
const viewName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!.get!;

/** Returns how many bytes `writeLong` needs; 0 for a bigint that `packBigint` is for. */
export function longSize(value: bigint): number {
  if (value !== BigInt.asIntN(64, value)) return value === BigInt.asUintN(64, value) ? 9 : 0;
  return Number.isSafeInteger(Number(value)) ? 10 : 9;
}

/**
 * Writes a bigint of 64 bits at `p` and returns where it ends: as an extension where it is a safe integer, since
 * MessagePack's own integers are numbers there; elsewhere as such an integer.
 */
export function writeLong(b: NativeBuffer, value: bigint, p: number): number {
  if (longSize(value) === 10) {
    b[p++] = 0xd7;
    b[p++] = Extension.bigint;
  } else {
    b[p++] = value < 0n ? 0xd3 : 0xcf;
  }
  long[0] = value;
  for (let index = 7; index >= 0; index--) b[p++] = longBytes[index]!;
  return p;
}

/** Returns the MessagePack of a bigint beyond 64 bits. Throws an `Unencodable` where it is beyond `maxBigintBytes` too. */
export function packBigint(value: bigint): Uint8Array {
  if (value === BigInt.asIntN(maxBigintBytes * 8, value)) return packLeaf(value);
  throw new Unencodable(`is a bigint of more than ${maxBigintBytes * 8} bits`);
}

/** Returns the MessagePack of a typed array or DataView, whatever realm it is of and subclass it has. */
export function packView(value: ArrayBufferView): Uint8Array {
  const name: unknown = viewName.call(value);
  // msgpackr tells kinds by this realm's own classes.
  if (name === undefined) return packLeaf(new DataView(value.buffer, value.byteOffset, value.byteLength));
  const View = viewKinds.find((kind) => kind.name === name);
  if (View === undefined) throw new Unencodable(`is a ${String(name)}, for which there is no form on the wire`);
  return packLeaf(new View(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength / View.BYTES_PER_ELEMENT));
}

/** Returns how many bytes `writeDate` needs. */
export function dateSize(ms: number): number {
  if (Number.isNaN(ms)) return 3;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 0 || seconds >= 0x400000000) return 15;
  return ms % 1000 > 0 || seconds >= 0x100000000 ? 10 : 6;
}

/** Writes a Date's time at `p` as the shortest timestamp that holds it, and returns where it ends. */
export function writeDate(b: NativeBuffer, ms: number, p: number): number {
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = (ms - seconds * 1000) * 1_000_000;
  switch (dateSize(ms)) {
    case 3:
      b[p] = 0xd4;
      b[p + 1] = Extension.timestamp;
      b[p + 2] = 0xff;
      return p + 3;
    case 6:
      b[p] = 0xd6;
      return put32(b, Extension.timestamp, seconds, p + 1);
    case 10:
      b[p] = 0xd7;
      p = put32(b, Extension.timestamp, nanoseconds * 4 + Math.floor(seconds / 0x100000000), p + 1);
      return putWord(b, seconds, p);
    default:
      b[p] = 0xc7;
      b[p + 1] = 12;
      p = put32(b, Extension.timestamp, nanoseconds, p + 2);
      p = putWord(b, Math.floor(seconds / 0x100000000), p);
      return putWord(b, seconds, p);
  }
}
