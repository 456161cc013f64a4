import type { NativeBuffer } from "../native.js";
import { malformed } from "../refusals.js";
import { dataViewKind, maxBigintBytes, viewKinds } from "./extensions.js";
import { unpackLeaf } from "./leaves.js";

/**
 * Returns an integer of 64 bits: a number where it is safe, since whoever wrote it may use this form for all integers;
 * else a bigint. `high` has the sign.
 */
export function wide(high: number, low: number): number | bigint {
  if (high >= -0x200000 && high < 0x200000) {
    const value = high * 0x100000000 + low;
    if (Number.isSafeInteger(value)) return value;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}

/** Returns the Date whose timestamp of `count` bytes is at `p`. Nanoseconds are cut to milliseconds. */
export function readDate(b: NativeBuffer, p: number, count: number): Date {
  if (count === 4) return new Date(b.readUInt32BE(p) * 1000);
  if (count === 1 && b[p] === 0xff) return new Date(Number.NaN);
  if (count !== 8 && count !== 12) throw malformed("a timestamp has a length that none has");
  const upper = b.readUInt32BE(p);
  const nanoseconds = count === 8 ? upper >>> 2 : upper;
  const high = count === 8 ? upper & 3 : b.readInt32BE(p + 4);
  const seconds = high * 0x100000000 + b.readUInt32BE(p + count - 4);
  const date = new Date(seconds * 1000 + Math.floor(nanoseconds / 1_000_000));
  if (nanoseconds > 999_999_999 || Number.isNaN(date.getTime())) throw malformed("a timestamp is out of range");
  return date;
}

/** Returns the bigint whose extension begins at `at` and has its `count` bytes at `p`. */
export function readBigint(b: NativeBuffer, at: number, p: number, count: number): unknown {
  if (count === 8) return b.readBigInt64BE(p);
  if (count === 0 || count > maxBigintBytes) throw malformed("a bigint has no or too many bytes");
  return unpackLeaf(b.subarray(at, p + count));
}

/** Returns the typed array or DataView whose extension begins at `at` and has its `count` bytes at `p`. */
export function readView(b: NativeBuffer, at: number, p: number, count: number): unknown {
  const kind = count === 0 ? -1 : b[p]!;
  const elementBytes = kind === dataViewKind ? 1 : viewKinds[kind]?.BYTES_PER_ELEMENT;
  if (elementBytes === undefined) throw malformed("a typed array is of no kind that is known");
  if ((count - 1) % elementBytes !== 0) throw malformed("a typed array ends within an element");
  return unpackLeaf(b.subarray(at, p + count));
}

/** Returns an `Error`, and no class of a peer's choosing. Its stack is that of nobody. */
export function makeError(name: string, message: string, code: string | number | undefined): Error {
  const { stackTraceLimit } = Error;
  // To collect a stack takes ten times as long as all the rest. Where the limit cannot be set one is collected.
  Reflect.set(Error, "stackTraceLimit", 0);
  const error = new Error(message);
  Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  if (name !== "Error") Object.defineProperty(error, "name", { value: name, writable: true, configurable: true });
  return code === undefined ? error : Object.assign(error, { code });
}
