import type { NativeBuffer } from "../native.js";

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

/** Returns how many bytes `writeNumber` needs. */
export function numberSize(value: number): number {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return 9;
  if (value >= 0) return value < 0x80 ? 1 : value < 0x100 ? 2 : value < 0x10000 ? 3 : value < 0x100000000 ? 5 : 9;
  return value >= -0x20 ? 1 : value >= -0x80 ? 2 : value >= -0x8000 ? 3 : value >= -0x80000000 ? 5 : 9;
}

/** Writes a safe integer in its shortest form, any other number and −0 as float64, at `p`; returns where it ends. */
export function writeNumber(b: NativeBuffer, value: number, p: number): number {
  if ((value | 0) !== value) return writeWide(b, value, p);
  if (value >= 0) {
    if (value < 0x80) {
      if (value === 0 && 1 / value < 0) return writeFloat(b, value, p);
      b[p] = value;
      return p + 1;
    }
    if (value < 0x100) {
      b[p] = 0xcc;
      b[p + 1] = value;
      return p + 2;
    }
    if (value < 0x10000) return put16(b, 0xcd, value, p);
    return put32(b, 0xce, value, p);
  }
  if (value >= -0x20) {
    b[p] = value;
    return p + 1;
  }
  if (value >= -0x80) {
    b[p] = 0xd0;
    b[p + 1] = value;
    return p + 2;
  }
  if (value >= -0x8000) return put16(b, 0xd1, value, p);
  return put32(b, 0xd2, value, p);
}

/** Writes a type byte and the lower 16 bits of an integer. */
export function put16(b: NativeBuffer, type: number, value: number, p: number): number {
  b[p] = type;
  b[p + 1] = value >> 8;
  b[p + 2] = value;
  return p + 3;
}

/** Writes a type byte and the lower 32 bits of an integer. */
export function put32(b: NativeBuffer, type: number, value: number, p: number): number {
  b[p] = type;
  return putWord(b, value, p + 1);
}

/** Writes the lower 32 bits of an integer. */
export function putWord(b: NativeBuffer, value: number, p: number): number {
  b[p] = value >>> 24;
  b[p + 1] = value >> 16;
  b[p + 2] = value >> 8;
  b[p + 3] = value;
  return p + 4;
}

/** An integer beyond 32 bits, or no integer. */
function writeWide(b: NativeBuffer, value: number, p: number): number {
  if (Math.floor(value) !== value || !Number.isSafeInteger(value)) return writeFloat(b, value, p);
  if (value >= 0 && value < 0x100000000) return put32(b, 0xce, value, p);
  p = put32(b, value < 0 ? 0xd3 : 0xcf, Math.floor(value / 0x100000000), p);
  return putWord(b, value, p);
}

function writeFloat(b: NativeBuffer, value: number, p: number): number {
  const f = floatBytes;
  float[0] = value;
  b[p] = 0xcb;
  b[p + 1] = f[7]!;
  b[p + 2] = f[6]!;
  b[p + 3] = f[5]!;
  b[p + 4] = f[4]!;
  b[p + 5] = f[3]!;
  b[p + 6] = f[2]!;
  b[p + 7] = f[1]!;
  b[p + 8] = f[0]!;
  return p + 9;
}
