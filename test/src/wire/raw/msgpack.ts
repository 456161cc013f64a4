import { Cursor, u8, u32 } from "./bytes.js";

/** Returns a value in MessagePack, as the specification's first sections have it; written apart from the codec it tests. */
export function msgpack(value: unknown): Buffer {
  if (value === null) return u8(0xc0);
  if (typeof value === "boolean") return u8(value ? 0xc3 : 0xc2);
  if (typeof value === "number") return number(value);
  if (typeof value === "string") return string(value);
  if (Buffer.isBuffer(value)) return Buffer.concat([u8(0xc6), u32(value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([arrayHead(value.length), ...value.map(msgpack)]);
  if (typeof value === "object") {
    const entries = Object.entries(value).flatMap(([key, of]) => [msgpack(key), msgpack(of)]);
    return Buffer.concat([mapHead(entries.length / 2), ...entries]);
  }
  throw new TypeError(`no MessagePack for ${typeof value}`);
}

/** Returns the argument list of a call. */
export function args(...input: readonly unknown[]): Buffer {
  return msgpack(input);
}

function arrayHead(length: number): Buffer {
  return length < 16 ? u8(0x90 | length) : Buffer.concat([u8(0xdd), u32(length)]);
}

export function mapHead(length: number): Buffer {
  return length < 16 ? u8(0x80 | length) : Buffer.concat([u8(0xdf), u32(length)]);
}

/** Reads what `msgpack` writes, and the shorter forms of it that other writers choose. */
export function fromMsgpack(bytes: Buffer): unknown {
  const cursor = new Cursor(bytes);
  const value = read(cursor);
  if (!cursor.done) throw new RangeError("bytes are left after the value");
  return value;
}

function number(value: number): Buffer {
  if (Number.isInteger(value) && !Object.is(value, -0)) {
    if (value >= 0 && value < 128) return u8(value);
    if (value >= -32 && value < 0) return u8(value & 0xff);
    if (value >= 0 && value < 2 ** 32) return Buffer.concat([u8(0xce), u32(value)]);
  }
  const bytes = Buffer.alloc(9, 0xcb);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value);
  const head = bytes.length < 32 ? u8(0xa0 | bytes.length) : Buffer.concat([u8(0xdb), u32(bytes.length)]);
  return Buffer.concat([head, bytes]);
}

function read(from: Cursor): unknown {
  const head = from.u8();
  if (head < 0x80) return head;
  if (head >= 0xe0) return head - 256;
  if (head < 0x90) return map(from, head & 15);
  if (head < 0xa0) return array(from, head & 15);
  if (head < 0xc0) return from.take(head & 31).toString();
  switch (head) {
    case 0xc0:
      return null;
    case 0xc2:
    case 0xc3:
      return head === 0xc3;
    case 0xc4:
      return Buffer.from(from.take(from.u8()));
    case 0xc5:
      return Buffer.from(from.take(from.u16()));
    case 0xc6:
      return Buffer.from(from.take(from.u32()));
    case 0xcb:
      return from.take(8).readDoubleBE();
    case 0xcc:
      return from.u8();
    case 0xcd:
      return from.u16();
    case 0xce:
      return from.u32();
    case 0xd0:
      return from.take(1).readInt8();
    case 0xd1:
      return from.take(2).readInt16BE();
    case 0xd2:
      return from.take(4).readInt32BE();
    case 0xd9:
      return from.take(from.u8()).toString();
    case 0xda:
      return from.take(from.u16()).toString();
    case 0xdb:
      return from.take(from.u32()).toString();
    case 0xdc:
      return array(from, from.u16());
    case 0xdd:
      return array(from, from.u32());
    case 0xde:
      return map(from, from.u16());
    case 0xdf:
      return map(from, from.u32());
    default:
      throw new RangeError(`byte 0x${head.toString(16)} is not among what the tests read`);
  }
}

function array(from: Cursor, length: number): unknown[] {
  return Array.from({ length }, () => read(from));
}

function map(from: Cursor, length: number): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length }, () => [String(read(from)), read(from)]));
}
