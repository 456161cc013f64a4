import type { Sink } from "../../contract/codec.js";
import { hiddenState, isClass, kindOf } from "../kinds.js";
import { type NativeBuffer, nothing } from "../native.js";
import { encodeError, passing, property, SinkRefused, Unencodable } from "../unencodable.js";
import { Extension, maxBigintBytes, maxDepth } from "./extensions.js";
import { packLeaf } from "./leaves.js";
import { Name, nameOf } from "./names.js";
import { writeShort } from "./write-short.js";

type Fields = Readonly<Record<string, unknown>>;

/** With so many bytes to the buffer's end nothing short needs to ask for room. */
const roomy = 128;
/** Characters up to which a loop is faster than a native call. */
const shortText = 24;

/** The write under way. A getter or proxy within a value may begin another one, which puts these back when it ends. */
let sink: Sink | undefined;
let bytes: NativeBuffer = nothing;
let room = 0;
/** Where the message begins. `reserve` may move it, so what is kept over a call is kept relative to it. */
let origin = 0;
/** The name that was written last. */
let last = new Name("");

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);
const long = new BigUint64Array(1);
const longBytes = new Uint8Array(long.buffer);
const hasOwn = Object.prototype.hasOwnProperty;
const plain = Object.prototype;

/** Writes a value at the sink's position and moves it: `messagePack.encode`. */
export function encode(value: unknown, to: Sink): void {
  if (to === sink) {
    // Bytes of two messages would mix: what runs here is code of the value that is being written.
    throw new Unencodable("is to go where another value is just being encoded; this was asked by code of that value").toError();
  }
  const outer = sink;
  const outerBytes = bytes;
  const outerRoom = room;
  const outerOrigin = origin;
  sink = to;
  bytes = to.bytes as NativeBuffer;
  room = bytes.length;
  origin = to.position;
  try {
    to.position = write(value, origin, maxDepth);
  } catch (thrown) {
    throw encodeError(thrown);
  } finally {
    sink = outer;
    bytes = outerBytes;
    room = outerRoom;
    origin = outerOrigin;
  }
}

/** Writes a value at `p` and returns where it ends; `depth` is how many levels may still be nested. */
function write(value: unknown, p: number, depth: number): number {
  if (room - p < roomy) p = grow(p, sizeOf(value));
  switch (typeof value) {
    case "string":
      return value.length <= shortText ? writeShort(bytes, value, p) : writeText(value, p);
    case "number":
      return writeNumber(value, p);
    case "object": {
      if (value === null) {
        bytes[p] = 0xc0;
        return p + 1;
      }
      if (Array.isArray(value)) return writeArray(value, p, depth);
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype === plain || prototype === null) return writeFields(value as Fields, p, depth);
      return writeObject(value, prototype as object, p, depth);
    }
    case "boolean":
      bytes[p] = value ? 0xc3 : 0xc2;
      return p + 1;
    case "undefined":
      bytes[p] = 0xd4;
      bytes[p + 1] = Extension.undefined;
      bytes[p + 2] = 0;
      return p + 3;
    case "bigint":
      return writeBigint(value, p);
    default:
      throw new Unencodable(typeof value === "function" ? "is a function" : "is a symbol");
  }
}

/** Makes room for exactly `count` bytes more, so that what just fits below the sink's limit is not refused. */
function grow(p: number, count: number): number {
  const to = sink!;
  to.position = p;
  try {
    to.reserve(count);
  } catch (error) {
    throw new SinkRefused(error);
  }
  bytes = to.bytes as NativeBuffer;
  room = bytes.length;
  origin += to.position - p;
  return to.position;
}

/** Bytes that `write` takes for granted: those of a short value, or of a header. */
function sizeOf(value: unknown): number {
  switch (typeof value) {
    case "string":
      return value.length <= shortText ? textSize(value) : 0;
    case "number":
      return numberSize(value);
    case "object":
      return Array.isArray(value) ? headerSize(value.length, 16) : 1;
    case "undefined":
      return 3;
    case "bigint":
      return 10;
    default:
      return 1;
  }
}

function textSize(text: string): number {
  const size = Buffer.byteLength(text);
  return size + (size < 32 ? 1 : size < 0x100 ? 2 : size < 0x10000 ? 3 : 5);
}

function numberSize(value: number): number {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return 9;
  if (value >= 0) return value < 0x80 ? 1 : value < 0x100 ? 2 : value < 0x10000 ? 3 : value < 0x100000000 ? 5 : 9;
  return value >= -0x20 ? 1 : value >= -0x80 ? 2 : value >= -0x8000 ? 3 : value >= -0x80000000 ? 5 : 9;
}

function headerSize(count: number, short: number): number {
  return count < short ? 1 : count < 0x10000 ? 3 : 5;
}

function writeNumber(value: number, p: number): number {
  const b = bytes;
  if ((value | 0) !== value) return writeWide(value, p);
  if (value >= 0) {
    if (value < 0x80) {
      if (value === 0 && 1 / value < 0) return writeFloat(value, p);
      b[p] = value;
      return p + 1;
    }
    if (value < 0x100) {
      b[p] = 0xcc;
      b[p + 1] = value;
      return p + 2;
    }
    if (value < 0x10000) return put16(0xcd, value, p);
    return put32(0xce, value, p);
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
  if (value >= -0x8000) return put16(0xd1, value, p);
  return put32(0xd2, value, p);
}

/** An integer beyond 32 bits, or no integer. */
function writeWide(value: number, p: number): number {
  if (!Number.isSafeInteger(value)) return writeFloat(value, p);
  if (value >= 0 && value < 0x100000000) return put32(0xce, value, p);
  put32(value < 0 ? 0xd3 : 0xcf, Math.floor(value / 0x100000000), p);
  const b = bytes;
  b[p + 5] = value / 0x1000000;
  b[p + 6] = value / 0x10000;
  b[p + 7] = value / 0x100;
  b[p + 8] = value;
  return p + 9;
}

function writeFloat(value: number, p: number): number {
  const b = bytes;
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

function put16(type: number, value: number, p: number): number {
  const b = bytes;
  b[p] = type;
  b[p + 1] = value >> 8;
  b[p + 2] = value;
  return p + 3;
}

function put32(type: number, value: number, p: number): number {
  const b = bytes;
  b[p] = type;
  b[p + 1] = value >>> 24;
  b[p + 2] = value >> 16;
  b[p + 3] = value >> 8;
  b[p + 4] = value;
  return p + 5;
}

function writeText(text: string, p: number): number {
  const most = text.length * 3 + 5;
  if (room - p < most) p = grow(p, textSize(text));
  const b = bytes;
  const guess = text.length < 0x100 ? 2 : text.length < 0x10000 ? 3 : 5;
  const size = b.utf8Write(text, p + guess, most);
  const header = size < 0x100 ? 2 : size < 0x10000 ? 3 : 5;
  // More bytes than characters may need a longer header than was left for it.
  if (header !== guess) b.copyWithin(p + header, p + guess, p + guess + size);
  if (size < 0x100) {
    b[p] = 0xd9;
    b[p + 1] = size;
    return p + 2 + size;
  }
  return (size < 0x10000 ? put16(0xda, size, p) : put32(0xdb, size, p)) + size;
}

function writeName(text: string, p: number): number {
  let name = last.next;
  if (name.text !== text) {
    const known = nameOf(text);
    if (known === undefined) return write(text, p, 0);
    name = last.next = known;
  }
  last = name;
  // Whole words are written, so there must be room behind the name.
  if (room - p < roomy) return write(text, p, 0);
  const b = bytes;
  const { size } = name;
  let word = name.w0;
  b[p] = word;
  b[p + 1] = word >> 8;
  b[p + 2] = word >> 16;
  b[p + 3] = word >> 24;
  if (size > 4) {
    word = name.w1;
    b[p + 4] = word;
    b[p + 5] = word >> 8;
    b[p + 6] = word >> 16;
    b[p + 7] = word >> 24;
    if (size > 8) {
      word = name.w2;
      b[p + 8] = word;
      b[p + 9] = word >> 8;
      b[p + 10] = word >> 16;
      b[p + 11] = word >> 24;
      if (size > 12) {
        word = name.w3;
        b[p + 12] = word;
        b[p + 13] = word >> 8;
        b[p + 14] = word >> 16;
        b[p + 15] = word >> 24;
      }
    }
  }
  return p + size;
}

function writeArray(value: readonly unknown[], p: number, depth: number): number {
  if (depth === 0) throw tooDeep();
  const count = value.length;
  p = writeHeader(count, 0x90, 0xdc, p);
  let index = 0;
  try {
    for (; index < count; index++) p = write(value[index], p, depth - 1);
  } catch (thrown) {
    throw passing(thrown).within(index);
  }
  return p;
}

function writeHeader(count: number, short: number, long: number, p: number): number {
  if (count < 16) {
    bytes[p] = short | count;
    return p + 1;
  }
  return count < 0x10000 ? put16(long, count, p) : put32(long + 1, count, p);
}

/** Own enumerable properties, in their order. How many they are is known in the end, also where getters change that. */
function writeFields(value: Fields, p: number, depth: number): number {
  if (depth === 0) throw tooDeep();
  const at = p - origin;
  p++;
  let count = 0;
  let key = "";
  try {
    for (key in value) {
      if (!hasOwn.call(value, key)) continue;
      count++;
      p = write(value[key], writeName(key, p), depth - 1);
    }
  } catch (thrown) {
    throw passing(thrown).within(property(key));
  }
  if (count < 16) {
    bytes[origin + at] = 0x80 | count;
    return p;
  }
  return widen(count, at, p);
}

/** Makes the one byte left for a map's header into three or five. */
function widen(count: number, at: number, p: number): number {
  const more = count < 0x10000 ? 2 : 4;
  if (room - p < more) p = grow(p, more);
  const start = origin + at;
  bytes.copyWithin(start + 1 + more, start + 1, p);
  writeHeader(count, 0x80, 0xde, start);
  return p + more;
}

function writeObject(value: object, prototype: object, p: number, depth: number): number {
  if (isClass(prototype)) return writeInstance(value, p, depth);
  const kind = kindOf(value);
  switch (kind.is) {
    case "fields":
      return writeInstance(value, p, depth);
    case "bytes":
      return writeBytes(value as Uint8Array, p);
    case "buffer":
      return writeBytes(new Uint8Array(value as ArrayBuffer), p);
    case "view":
      return writeLeaf(value as ArrayBufferView, p);
    case "map":
      return writeMap(value as Map<unknown, unknown>, p, depth);
    case "set":
      return writeSet(value as Set<unknown>, p, depth);
    case "date":
      return writeDate(value as Date, p);
    case "error":
      return writeError(value as Error, p, depth);
    default:
      throw new Unencodable(kind.what);
  }
}

function writeInstance(value: object, p: number, depth: number): number {
  const at = p - origin;
  p = writeFields(value as Fields, p, depth);
  if (bytes[origin + at] === 0x80) {
    const hidden = hiddenState(value);
    if (hidden !== undefined) throw new Unencodable(hidden);
  }
  return p;
}

function writeBytes(value: Uint8Array, p: number): number {
  const size = value.length;
  if (room - p < size + 5) p = grow(p, size + headerSize(size, 0x100) + (size < 0x100 ? 1 : 0));
  if (size < 0x100) {
    bytes[p] = 0xc4;
    bytes[p + 1] = size;
    p += 2;
  } else {
    p = size < 0x10000 ? put16(0xc5, size, p) : put32(0xc6, size, p);
  }
  bytes.set(value, p);
  return p + size;
}

function writeLeaf(value: ArrayBufferView | bigint, p: number): number {
  const leaf = packLeaf(value);
  if (room - p < leaf.length) p = grow(p, leaf.length);
  bytes.set(leaf, p);
  return p + leaf.length;
}

/** Within 2^53 as an extension, so that MessagePack's own integers are numbers; within 64 bits as such an integer. */
function writeBigint(value: bigint, p: number): number {
  if (value !== BigInt.asIntN(64, value)) {
    if (value === BigInt.asUintN(64, value)) return putLong(0xcf, value, p);
    if (value !== BigInt.asIntN(maxBigintBytes * 8, value)) {
      throw new Unencodable(`is a bigint of more than ${maxBigintBytes * 8} bits`);
    }
    return writeLeaf(value, p);
  }
  if (Number.isSafeInteger(Number(value))) {
    bytes[p++] = 0xd7;
    return putLong(Extension.bigint, value, p);
  }
  return putLong(value < 0n ? 0xd3 : 0xcf, value, p);
}

function putLong(type: number, value: bigint, p: number): number {
  long[0] = value;
  bytes[p++] = type;
  for (let index = 7; index >= 0; index--) bytes[p++] = longBytes[index]!;
  return p;
}

function writeDate(value: Date, p: number): number {
  if (room - p < 15) p = grow(p, 15);
  const ms = value.getTime();
  if (Number.isNaN(ms)) {
    bytes[p] = 0xd4;
    bytes[p + 1] = Extension.timestamp;
    bytes[p + 2] = 0xff;
    return p + 3;
  }
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = (ms - seconds * 1000) * 1_000_000;
  if (seconds >= 0 && seconds < 0x400000000) {
    if (nanoseconds === 0 && seconds < 0x100000000) {
      bytes[p] = 0xd6;
      return put32(Extension.timestamp, seconds, p + 1);
    }
    bytes[p] = 0xd7;
    put32(Extension.timestamp, nanoseconds * 4 + Math.floor(seconds / 0x100000000), p + 1);
    put32(bytes[p + 5]!, seconds, p + 5);
    return p + 10;
  }
  bytes[p] = 0xc7;
  bytes[p + 1] = 12;
  put32(Extension.timestamp, nanoseconds, p + 2);
  const low = bytes[p + 6]!;
  put32(low, Math.floor(seconds / 0x100000000), p + 6);
  put32(bytes[p + 10]!, seconds, p + 10);
  return p + 15;
}

function writeMap(value: Map<unknown, unknown>, p: number, depth: number): number {
  if (depth === 0) throw tooDeep();
  if (room - p < roomy) p = grow(p, 3 + headerSize(value.size, 16));
  const at = p - origin;
  const count = value.size;
  p = writeHeader(count, 0x80, 0xde, p + 3);
  let done = 0;
  for (const [key, item] of value) {
    try {
      p = write(key, p, depth - 1);
      p = write(item, p, depth - 1);
    } catch (thrown) {
      throw passing(thrown).within(typeof key === "string" ? `.get(${JSON.stringify(key.slice(0, 40))})` : `.entry(${done})`);
    }
    if (++done > count) break;
  }
  if (done !== count) throw changed();
  return endExtension(Extension.map, at, p);
}

function writeSet(value: Set<unknown>, p: number, depth: number): number {
  if (depth === 0) throw tooDeep();
  if (room - p < roomy) p = grow(p, 3 + headerSize(value.size, 16));
  const at = p - origin;
  const count = value.size;
  p = writeHeader(count, 0x90, 0xdc, p + 3);
  let done = 0;
  for (const member of value) {
    try {
      p = write(member, p, depth - 1);
    } catch (thrown) {
      throw passing(thrown).within(`.member(${done})`);
    }
    if (++done > count) break;
  }
  if (done !== count) throw changed();
  return endExtension(Extension.set, at, p);
}

function writeError(value: Error, p: number, depth: number): number {
  if (depth === 0) throw tooDeep();
  if (room - p < roomy) p = grow(p, 4);
  const at = p - origin;
  let field = "name";
  try {
    const { name } = value;
    field = "message";
    const { message } = value;
    field = "code";
    const { code } = value as { code?: unknown };
    const coded = typeof code === "string" || typeof code === "number";
    bytes[p + 3] = coded ? 0x93 : 0x92;
    p = write(typeof name === "string" ? name : "Error", p + 4, 0);
    p = write(typeof message === "string" ? message : "", p, 0);
    if (coded) p = write(code, p, 0);
  } catch (thrown) {
    throw passing(thrown).within(`.${field}`);
  }
  return endExtension(Extension.error, at, p);
}

/** Writes the header of an extension for which three bytes were left at `at`, more room being made if its length asks for it. */
function endExtension(type: number, at: number, p: number): number {
  const size = p - origin - at - 3;
  if (size >= 0x100) {
    const more = size < 0x10000 ? 1 : 3;
    if (room - p < more) p = grow(p, more);
    const start = origin + at;
    bytes.copyWithin(start + 3 + more, start + 3, p);
    p += more;
    const end = more === 1 ? put16(0xc8, size, start) : put32(0xc9, size, start);
    bytes[end] = type;
    return p;
  }
  const start = origin + at;
  bytes[start] = 0xc7;
  bytes[start + 1] = size;
  bytes[start + 2] = type;
  return p;
}

function tooDeep(): Unencodable {
  return new Unencodable(`is nested deeper than ${maxDepth} levels, as a value that contains itself is`);
}

function changed(): Unencodable {
  return new Unencodable("changed its size while it was being encoded");
}
