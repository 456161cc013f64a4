import type { Sink } from "../../contract/codec.js";
import { hiddenState, isClass, isEmptyStream, kindOf, refusedStream } from "../kinds.js";
import { maxDepth } from "../max-depth.js";
import { type NativeBuffer, nothing } from "../native.js";
import { encodeError, passing, property, SinkRefused, Unencodable } from "../unencodable.js";
import { Extension } from "./extensions.js";
import { Name, nameOf } from "./names.js";
import { dateSize, longSize, packBigint, packView, writeDate, writeLong } from "./write-leaf.js";
import { numberSize, put16, put32, writeNumber } from "./write-number.js";
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

const hasOwn = Object.prototype.hasOwnProperty;
const { getTime } = Date.prototype;
const plain = Object.prototype;

/** Writes a value at the sink's position and moves it: `messagePack.encode`. */
export function encode(value: unknown, to: Sink): void {
  if (sink !== undefined) {
    encodeWithin(value, to);
    return;
  }
  sink = to;
  bytes = to.bytes as NativeBuffer;
  room = bytes.length;
  origin = to.position;
  try {
    to.position = write(value, origin, maxDepth);
  } catch (thrown) {
    throw encodeError(thrown);
  } finally {
    sink = undefined;
    bytes = nothing;
  }
}

/** Asked for by code of a value that is just being encoded. */
function encodeWithin(value: unknown, to: Sink): void {
  if (to === sink) throw new Unencodable("is to go into the midst of the value that asked for this").toError();
  const outer = sink;
  const outerBytes = bytes;
  const outerRoom = room;
  const outerOrigin = origin;
  sink = undefined;
  try {
    encode(value, to);
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
      return writeNumber(bytes, value, p);
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
      return longSize(value) > 0 ? writeLong(bytes, value, p) : copy(packBigint(value), p);
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
      return 1;
    case "undefined":
      return 3;
    case "bigint":
      return longSize(value);
    default:
      return 1;
  }
}

function textSize(text: string): number {
  const size = Buffer.byteLength(text);
  return size + textHeaderSize(size);
}

function textHeaderSize(size: number): number {
  return size < 32 ? 1 : size < 0x100 ? 2 : size < 0x10000 ? 3 : 5;
}

function headerSize(count: number, short: number): number {
  return count < short ? 1 : count < 0x10000 ? 3 : 5;
}

function writeText(text: string, p: number): number {
  if (room - p < text.length * 3 + 5) p = grow(p, textSize(text));
  const b = bytes;
  const guess = textHeaderSize(text.length);
  const size = b.utf8Write(text, p + guess, room - p - guess);
  const header = textHeaderSize(size);
  // More bytes than characters may need a longer header than was left for it.
  if (header !== guess) b.copyWithin(p + header, p + guess, p + guess + size);
  switch (header) {
    case 1:
      b[p] = 0xa0 | size;
      break;
    case 2:
      b[p] = 0xd9;
      b[p + 1] = size;
      break;
    case 3:
      put16(b, 0xda, size, p);
      break;
    default:
      put32(b, 0xdb, size, p);
  }
  return p + header + size;
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
  if (room - p < roomy) p = grow(p, headerSize(count, 16));
  p = writeHeader(count, 0x90, 0xdc, p);
  let index = 0;
  try {
    for (; index < count; index++) {
      const item = value[index];
      p = typeof item === "number" && room - p >= roomy ? writeNumber(bytes, item, p) : write(item, p, depth - 1);
    }
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
  return count < 0x10000 ? put16(bytes, long, count, p) : put32(bytes, long + 1, count, p);
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
    throw count === 0 ? passing(thrown) : passing(thrown).within(property(key));
  }
  if (count < 16) {
    if (count === 0 && isEmptyStream(value)) throw new Unencodable(refusedStream.what, undefined, refusedStream.reason);
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
      return copy(packView(value as ArrayBufferView), p);
    case "map":
      return writeMap(value as Map<unknown, unknown>, p, depth);
    case "set":
      return writeSet(value as Set<unknown>, p, depth);
    case "date":
      return writeTime(getTime.call(value), p);
    case "error":
      return writeError(value as Error, p, depth);
    default:
      throw new Unencodable(kind.what, undefined, kind.reason);
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
    p = size < 0x10000 ? put16(bytes, 0xc5, size, p) : put32(bytes, 0xc6, size, p);
  }
  return copy(value, p);
}

function writeTime(ms: number, p: number): number {
  if (room - p < roomy) p = grow(p, dateSize(ms));
  return writeDate(bytes, ms, p);
}

function copy(from: Uint8Array, p: number): number {
  if (room - p < from.length) p = grow(p, from.length);
  bytes.set(from, p);
  return p + from.length;
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
      throw passing(thrown).within(
        typeof key === "string" ? `.get(${JSON.stringify(key.slice(0, 40))})` : `.entry(${done})`,
      );
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
    const end = more === 1 ? put16(bytes, 0xc8, size, start) : put32(bytes, 0xc9, size, start);
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
