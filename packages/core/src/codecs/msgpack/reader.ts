import type { DecodeLimits } from "../../contract/codec.js";
import { RpcError } from "../../contract/errors.js";
import { type NativeBuffer, nothing } from "../native.js";
import { malformed, tooDeep, tooMany } from "../refusals.js";
import { Collisions, fewKeys } from "./collisions.js";
import { Extension } from "./extensions.js";
import { Key, KeyKind, keyAt, learnKey, placeOf } from "./keys.js";
import { defineInherited, makeDictionary, makeSparse } from "./objects.js";
import { makeError, readBigint, readDate, readView, wide } from "./read-leaf.js";
import { readShort, shortBytes } from "./read-short.js";
import { beginMessage, maxTracked, rootOf, type Shape, Stray, stepTo, strayTo } from "./shapes.js";

type Fields = Record<string, unknown>;

/**
 * What takes longer to make than an array's element or an object's entry counts as so many more: then no message takes
 * longer than another that holds as much as it may. One element stands for about 40 ns, garbage collection included.
 */
const Cost = {
  /** A property's name that is new, so that V8 has to enter it into its table of all names. */
  name: 24,
  /** One that is an index. */
  index: 8,
  /** A property that is defined before it is assigned. */
  define: 40,
  /** An object that becomes a dictionary, and what each key of it adds. */
  dictionary: 16,
  key: 1,
  /** A Map, a Set, and what each entry or member adds. */
  collection: 4,
  entry: 3,
  member: 3,
  bytes: 4,
  date: 3,
  bigint: 1,
  error: 12,
  /** What msgpackr reads. */
  leaf: 24,
} as const;

/** Below this index V8 may allocate all of them for one; */
const fewIndices = 8;
/** and from here on it does not by itself. Between, it would allocate 12 KB for the five bytes of "1000". */
const farIndex = 1_100;

/** Bytes up to which a loop is faster than a native call. */
const fewBytes = 40;

/** Names which a message may bring at the cost of an entry. */
const freeNames = 64;

/** The message being read. Nothing that runs meanwhile is anybody else's code, so there is only ever one. */
let src: NativeBuffer = nothing;
let pos = 0;
let end = 0;
let bounds: DecodeLimits = { depth: 0, elements: 0 };
/** Elements that may still come. */
let left = 0;
/** Names learnt with this message, and which they were once they are many. */
let learnt = 0;
let names: Set<string> | undefined;

/** Reads floats five times as fast as their bytes do, but costs as much to make as ten of them. */
let view: DataView | undefined;
let floats = 0;
const fewFloats = 8;

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);
const single = new Float32Array(1);
const singleBytes = new Uint8Array(single.buffer);

/** Reads the one value from `start` to `stop`: `messagePack.decode`. */
export function decode(bytes: Buffer, start: number, stop: number, limits: DecodeLimits): unknown {
  src = bytes as NativeBuffer;
  pos = start;
  end = stop;
  bounds = limits;
  left = limits.elements;
  learnt = 0;
  floats = 0;
  beginMessage();
  try {
    const value = read(limits.depth);
    if (pos === stop) return value;
  } catch (error) {
    throw error instanceof RpcError ? error : unexpected(error);
  } finally {
    src = nothing;
    view = undefined;
    names = undefined;
  }
  throw malformed("bytes follow the value");
}

/** Reads the value at `pos` and moves it; `depth` is how many levels may still be nested. */
function read(depth: number): unknown {
  if (pos >= end) throw truncated();
  const type = src[pos++]!;
  if (type < 0x80) return type;
  if (type < 0x90) return readMap(type & 0x0f, depth);
  if (type < 0xa0) return readArray(type & 0x0f, depth);
  if (type < 0xc0) return readText(type & 0x1f);
  if (type >= 0xe0) return type - 0x100;
  switch (type) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xc4:
      return readBytes(get8());
    case 0xc5:
      return readBytes(get16());
    case 0xc6:
      return readBytes(get32());
    case 0xc7:
      return readExtension(pos - 1, get8(), depth);
    case 0xc8:
      return readExtension(pos - 1, get16(), depth);
    case 0xc9:
      return readExtension(pos - 1, get32(), depth);
    case 0xca:
      return readSingle();
    case 0xcb:
      return readFloat();
    case 0xcc:
      return get8();
    case 0xcd:
      return get16();
    case 0xce:
      return get32();
    case 0xcf:
      return readWide(get32(), get32());
    case 0xd0:
      return (get8() << 24) >> 24;
    case 0xd1:
      return (get16() << 16) >> 16;
    case 0xd2:
      return get32() | 0;
    case 0xd3:
      return readWide(get32() | 0, get32());
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return readExtension(pos - 1, 1 << (type - 0xd4), depth);
    case 0xd9:
      return readText(get8());
    case 0xda:
      return readText(get16());
    case 0xdb:
      return readText(get32());
    case 0xdc:
      return readArray(get16(), depth);
    case 0xdd:
      return readArray(get32(), depth);
    case 0xde:
      return readMap(get16(), depth);
    case 0xdf:
      return readMap(get32(), depth);
    default:
      throw malformed("byte 0xc1 is no MessagePack");
  }
}

/** As `read`, and small enough for V8 to put in place. */
function next(depth: number): unknown {
  const p = pos;
  if (p < end) {
    const type = src[p]!;
    if (type < 0x80) {
      pos = p + 1;
      return type;
    }
  }
  return read(depth);
}

function get8(): number {
  if (pos >= end) throw truncated();
  return src[pos++]!;
}

function get16(): number {
  if (end - pos < 2) throw truncated();
  const b = src;
  const p = pos;
  pos = p + 2;
  return (b[p]! << 8) | b[p + 1]!;
}

function get32(): number {
  if (end - pos < 4) throw truncated();
  const b = src;
  const p = pos;
  pos = p + 4;
  return ((b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!) >>> 0;
}

function readWide(high: number, low: number): number | bigint {
  const value = wide(high, low);
  if (typeof value === "bigint") spend(Cost.bigint);
  return value;
}

function readFloat(): number {
  if (end - pos < 8) throw truncated();
  const p = pos;
  pos = p + 8;
  if (view !== undefined) return view.getFloat64(p);
  if (++floats === fewFloats) view = new DataView(src.buffer, src.byteOffset, src.length);
  const b = src;
  const f = floatBytes;
  f[7] = b[p]!;
  f[6] = b[p + 1]!;
  f[5] = b[p + 2]!;
  f[4] = b[p + 3]!;
  f[3] = b[p + 4]!;
  f[2] = b[p + 5]!;
  f[1] = b[p + 6]!;
  f[0] = b[p + 7]!;
  return float[0]!;
}

function readSingle(): number {
  if (end - pos < 4) throw truncated();
  for (let index = 3; index >= 0; index--) singleBytes[index] = src[pos++]!;
  return single[0]!;
}

function readText(count: number): string {
  const p = pos;
  if (count > end - p) throw truncated();
  pos = p + count;
  return count <= shortBytes ? readShort(src, p, count) : src.utf8Slice(p, p + count);
}

/** A Buffer of its own: copied out of the chunk, or most of it where it belongs to the message. */
function readBytes(count: number): Buffer {
  const p = pos;
  if (count > end - p) throw truncated();
  spend(Cost.bytes);
  pos = p + count;
  const b = src;
  if (bounds.owned === true && count > b.length / 2) return b.subarray(p, p + count);
  const copy = Buffer.allocUnsafe(count);
  if (count > fewBytes) b.copy(copy, 0, p, p + count);
  else for (let index = 0; index < count; index++) copy[index] = b[p + index]!;
  return copy;
}

/** Takes elements from what the message may hold. */
function spend(count: number): void {
  left -= count;
  if (left < 0) throw tooMany(bounds.elements);
}

/** Checks a level of `count` elements of at least `size` bytes each before anything is made for them. */
function enter(count: number, size: number, depth: number): void {
  if (depth <= 0) throw tooDeep(bounds.depth);
  left -= count;
  if (left < 0) throw tooMany(bounds.elements);
  if (count * size > end - pos) throw truncated();
}

function readArray(count: number, depth: number): unknown[] {
  enter(count, 1, depth);
  const within = depth - 1;
  // Literals make arrays without holes, and most arrays are argument lists.
  switch (count) {
    case 0:
      return [];
    case 1:
      return [read(within)];
    case 2:
      return [read(within), read(within)];
    case 3:
      return [read(within), read(within), read(within)];
    default: {
      const array = new Array<unknown>(count);
      for (let index = 0; index < count; index++) {
        // Of its own, so that a float goes from the bytes into an array of floats without becoming an object between.
        if (pos < end && src[pos] === 0xcb) {
          pos++;
          array[index] = readFloat();
        } else {
          array[index] = next(within);
        }
      }
      return array;
    }
  }
}

function readMap(count: number, depth: number): Fields {
  enter(count, 2, depth);
  const object: Fields = {};
  if (count > maxTracked) readDictionary(object, count, depth - 1);
  else if (count > 0) fill(object, count, depth - 1);
  return object;
}

/**
 * Reads the entries of an object. An assignment of its own for each key lets V8 expect one name at each, which makes
 * it four times as fast while objects of one size have one shape, and no slower when they have many.
 */
// biome-ignore format: one key and its value to a statement pair
function fill(object: Fields, count: number, d: number): void {
  let step = rootOf(count);
  switch (count) {
    case 1:
      step = follow(step, object); object[step.text] = next(d);
      return;
    case 2:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      return;
    case 3:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d);
      return;
    case 4:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      return;
    case 5:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d);
      return;
    case 6:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      return;
    case 7:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d);
      return;
    case 8:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      return;
    case 9:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d);
      return;
    case 10:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      return;
    case 11:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d);
      return;
    case 12:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      return;
    case 13:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d);
      return;
    case 14:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      return;
    case 15:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d);
      return;
    case 16:
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      step = follow(step, object); object[step.text] = next(d); step = follow(step, object); object[step.text] = next(d);
      return;
    default:
      for (let index = 0; index < count; index++) {
        step = follow(step, object); object[step.text] = next(d);
      }
  }
}

/** An object of more keys than are tracked. */
function readDictionary(object: Fields, count: number, depth: number): void {
  makeDictionary(object);
  let stray: number = Stray.dictionary;
  for (let index = 0; index < count; index++) {
    const { text, kind } = readKey();
    if (kind !== KeyKind.ordinary) stray = prepare(object, text, kind, stray);
    object[text] = read(depth);
  }
}

/** Reads a key and returns its step: in most cases the expected one, of which the bytes are the same. */
function follow(step: Shape, object: Fields): Shape {
  const expected = step.next;
  const { wire } = expected;
  const count = wire.length;
  const b = src;
  const p = pos;
  if (count > 0 && count <= end - p) {
    let index = 0;
    while (index < count && b[p + index] === wire[index]) index++;
    if (index === count) {
      pos = p + count;
      return expected;
    }
  }
  return strayFrom(step, readKey(), object);
}

/** A key that was not the expected one. */
function strayFrom(step: Shape, key: Key, object: Fields): Shape {
  const { text, kind } = key;
  if (kind === KeyKind.ordinary) {
    const known = stepTo(key, step);
    if (known !== undefined) return known;
  }
  // From here on the object has a shape of its own: nothing is expected, nothing remembered.
  return strayTo(text, prepare(object, text, kind, step.stray) | Stray.yes);
}

/** Makes plain assignment of a key right and cheap; returns what is known of the object then. */
function prepare(object: Fields, text: string, kind: KeyKind, stray: number): number {
  if (kind === KeyKind.index) {
    if ((stray & Stray.sparse) !== 0) return stray;
    const index = Number(text);
    if (index < fewIndices) return stray;
    if (index < farIndex) {
      spend(Cost.define);
      makeSparse(object, text);
    }
    return stray | Stray.sparse;
  }
  if ((stray & Stray.dictionary) === 0) {
    spend(Cost.dictionary);
    makeDictionary(object);
  }
  spend(Cost.key);
  if (kind === KeyKind.inherited) {
    spend(Cost.define);
    defineInherited(object, text);
  }
  return stray | Stray.dictionary;
}

function readKey(): Key {
  if (pos >= end) throw truncated();
  const type = src[pos]!;
  if (type < 0xa0 || type >= 0xc0) return oddKey();
  const count = type & 0x1f;
  const p = pos + 1;
  if (count > end - p) throw truncated();
  const place = placeOf(src, p, count);
  const known = keyAt(place, src, p, count);
  pos = p + count;
  if (known !== undefined) return known;
  const key = learnKey(place, src, p, count);
  charge(key);
  return key;
}

/** A key of 32 bytes and more; or a number, which becomes its decimal digits as in any object of JavaScript. */
function oddKey(): Key {
  const type = src[pos]!;
  const number = type < 0x80 || type >= 0xe0 || (type >= 0xca && type <= 0xd3);
  if (!number && (type < 0xd9 || type > 0xdb)) throw malformed("a key of a map is neither a string nor a number");
  const key = new Key(String(read(0)));
  charge(key);
  return key;
}

/** Counts a name that was not known: once in a message, in which it may be met again after another took its place. */
function charge({ text, kind }: Key): void {
  if (kind === KeyKind.index) spend(Cost.index);
  if (kind !== KeyKind.ordinary || ++learnt <= freeNames) return;
  names ??= new Set();
  if (names.has(text)) return;
  names.add(text);
  spend(Cost.name);
}

/** Reads an extension that begins at `at`, of a type byte at `pos` and `count` bytes. */
function readExtension(at: number, count: number, depth: number): unknown {
  const start = pos + 1;
  if (count > end - start) throw truncated();
  const type = src[pos]!;
  pos = start;
  switch (type) {
    case Extension.undefined:
      if (count !== 1 || src[pos++] !== 0) throw malformed("an undefined has a payload of its own");
      return undefined;
    case Extension.map:
    case Extension.set:
    case Extension.error:
      return readNested(type, start + count, depth);
    case Extension.timestamp:
      spend(Cost.date);
      pos += count;
      return readDate(src, start, count);
    case Extension.bigint:
      spend(count === 8 ? Cost.bigint : Cost.leaf);
      pos += count;
      return readBigint(src, at, start, count);
    case Extension.view:
      spend(Cost.leaf);
      pos += count;
      return readView(src, at, start, count);
    default:
      throw malformed(`extension type ${(type << 24) >> 24} is not known`);
  }
}

/** A payload that is MessagePack, which ends where the extension does. */
function readNested(type: number, stop: number, depth: number): unknown {
  const outer = end;
  end = stop;
  spend(type === Extension.error ? Cost.error : Cost.collection);
  const value =
    type === Extension.map ? readPairs(depth) : type === Extension.set ? readMembers(depth) : readError(depth);
  if (pos !== end) throw malformed("bytes follow the value of an extension");
  end = outer;
  return value;
}

function readPairs(depth: number): Map<unknown, unknown> {
  const count = countOf(0x80, 0xde, "a Map holds no map");
  enter(count, 2, depth);
  spend(count * Cost.entry);
  const watch = count > fewKeys ? new Collisions(bounds.elements) : undefined;
  const map = new Map<unknown, unknown>();
  for (let index = 0; index < count; index++) {
    const key = read(depth - 1);
    watch?.add(key);
    map.set(key, read(depth - 1));
  }
  return map;
}

function readMembers(depth: number): Set<unknown> {
  const count = countOf(0x90, 0xdc, "a Set holds no array");
  enter(count, 1, depth);
  spend(count * Cost.member);
  const watch = count > fewKeys ? new Collisions(bounds.elements) : undefined;
  const set = new Set<unknown>();
  for (let index = 0; index < count; index++) {
    const member = read(depth - 1);
    watch?.add(member);
    set.add(member);
  }
  return set;
}

/** Reads the header of an array or a map: short form, or the one of 16 bits, after which comes that of 32. */
function countOf(short: number, long: number, otherwise: string): number {
  const type = get8();
  if ((type & 0xf0) === short) return type & 0x0f;
  if (type === long) return get16();
  if (type === long + 1) return get32();
  throw malformed(otherwise);
}

function readError(depth: number): Error {
  const count = countOf(0x90, 0xdc, "an Error holds no array");
  enter(count, 1, depth);
  const name = count > 0 ? read(0) : undefined;
  const message = count > 1 ? read(0) : undefined;
  const code = count > 2 ? read(0) : undefined;
  if (count > 3 || typeof name !== "string" || typeof message !== "string") {
    throw malformed("an Error is not made of name, message and code");
  }
  if (count === 3 && typeof code !== "string" && typeof code !== "number") {
    throw malformed("the code of an Error is neither a string nor a number");
  }
  return makeError(name, message, code as string | number | undefined);
}

/** Where a limit was set so high that the stack, or what V8 can make, ends first. */
function unexpected(error: unknown): RpcError {
  const overflow = error instanceof RangeError && error.message === "Maximum call stack size exceeded";
  return overflow ? tooDeep(bounds.depth) : malformed("it holds what cannot be made here", error);
}

function truncated(): RpcError {
  return malformed("it ends within a value");
}
