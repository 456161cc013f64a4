import type { NativeBuffer } from "../native.js";
import { readShort, shortBytes } from "./read-short.js";

/** Keys that are remembered: a power of two. Each has one place, so that a peer's flood costs keys, never time. */
const places = 2_048;

/** Which care a property's name asks for. */
export const KeyKind = {
  ordinary: 0,
  /** One that `Object.prototype` has: `__proto__` would set the prototype, and a frozen one refuses assignment. */
  inherited: 1,
  /** That of an array's element, which V8 keeps elsewhere than other properties. */
  index: 2,
} as const;

export type KeyKind = (typeof KeyKind)[keyof typeof KeyKind];

const inherited: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));
const noBytes = new Uint8Array(0);

/** A property's name that came over the wire. */
export class Key {
  readonly text: string;
  /** Its bytes, the one with its length included; none where it is not remembered. */
  readonly wire: Uint8Array;
  readonly kind: KeyKind;

  constructor(text: string, wire: Uint8Array = noBytes) {
    this.text = text;
    this.wire = wire;
    this.kind = isIndex(text) ? KeyKind.index : inherited.has(text) ? KeyKind.inherited : KeyKind.ordinary;
  }
}

const known: Key[] = new Array<Key>(places).fill(new Key(""));

/** Returns the place of a key of `count` bytes at `p`: FNV-1a with a finish, and no secret, since a place holds one key. */
export function placeOf(b: NativeBuffer, p: number, count: number): number {
  let hash = count;
  for (let at = p; at < p + count; at++) hash = Math.imul(hash ^ b[at]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) & (places - 1);
}

/** Returns the key at a place if its bytes are the `count` at `p`. */
export function keyAt(place: number, b: NativeBuffer, p: number, count: number): Key | undefined {
  const key = known[place]!;
  const { wire } = key;
  if (wire.length !== count + 1) return undefined;
  for (let at = 1; at <= count; at++) if (wire[at] !== b[p + at - 1]) return undefined;
  return key;
}

/** Reads a key of `count` bytes at `p`, at most 31, and remembers it at its place unless it looks like an index. */
export function learnKey(place: number, b: NativeBuffer, p: number, count: number): Key {
  const text = count <= shortBytes ? readShort(b, p, count) : b.utf8Slice(p, p + count);
  if (startsWithDigit(text)) return new Key(text);
  const wire = new Uint8Array(count + 1);
  for (let at = 0; at <= count; at++) wire[at] = b[p - 1 + at]!;
  const key = new Key(text, wire);
  known[place] = key;
  return key;
}

function startsWithDigit(text: string): boolean {
  const first = text.charCodeAt(0);
  return first >= 0x30 && first <= 0x39;
}

function isIndex(text: string): boolean {
  if (!startsWithDigit(text) || text.length > 10) return false;
  const value = Number(text);
  return value < 0xffffffff && String(value) === text;
}
