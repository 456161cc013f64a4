import type { DecodeLimits } from "../../contract/codec.js";
import { tooDeep, tooMany } from "../refusals.js";

const quote = 0x22;
const backslash = 0x5c;
/** What a new name in an object counts as: `JSON.parse` takes a microsecond for it, 25 times as long as for an element. */
const newName = 24;
/** New names that a message may bring at the cost of an entry. */
const freeNames = 64;
const places = 16_384;

/** At the place of each order of names that this message has used: the message's number. */
let seen: Uint32Array | undefined;
let message = 0;
/** What a peer does not know, so that it cannot choose names that share a place. */
const secret = Math.floor(Math.random() * 0x100000000) | 0;

/**
 * Throws when the JSON text from `start` to `end` is beyond the limits, before `JSON.parse` makes anything of it. Each
 * name counts more the first time that it follows the names before it in an object: V8 makes a hidden class for it.
 * Text that is no JSON gets through, for `JSON.parse` to refuse.
 */
export function scan(b: Buffer, start: number, end: number, limits: DecodeLimits): void {
  beginMessage();
  const orders = new Int32Array(Math.min(limits.depth, end - start) + 1);
  let left = limits.elements;
  let names = 0;
  let depth = 0;
  /** Just behind an opening bracket: whatever comes is an element, unless the bracket closes. */
  let opened = false;
  /** The string read last, which is a name if a colon follows. */
  let hash = 0;
  for (let p = start; p < end; p++) {
    const char = b[p]!;
    switch (char) {
      case 0x20:
      case 0x0a:
      case 0x0d:
      case 0x09:
        continue;
      case 0x2c: // ,
        left--;
        break;
      case 0x3a: // :
        orders[depth] = hash = mix(orders[depth]! ^ hash);
        if (isNew(hash) && ++names > freeNames) left -= newName;
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (opened) left--;
        if (++depth > limits.depth) throw tooDeep(limits.depth);
        orders[depth] = 0;
        opened = true;
        if (left < 0) throw tooMany(limits.elements);
        continue;
      case 0x5d: // ]
      case 0x7d: // }
        if (depth > 0) depth--;
        opened = false;
        continue;
      case quote:
        hash = secret;
        for (p++; p < end && b[p] !== quote; p++) {
          hash = Math.imul(hash ^ b[p]!, 0x01000193);
          if (b[p] === backslash) p++;
        }
        break;
      default:
        break;
    }
    if (opened) {
      left--;
      opened = false;
    }
    if (left < 0) throw tooMany(limits.elements);
  }
}

function beginMessage(): void {
  seen ??= new Uint32Array(places);
  message = (message + 1) >>> 0;
  // Numbers come round again after 2^32 messages.
  if (message === 0) {
    seen.fill(0);
    message = 1;
  }
}

function isNew(hash: number): boolean {
  const place = hash >>> 18;
  if (seen![place] === message) return false;
  seen![place] = message;
  return true;
}

/** Spreads a hash over all bits: the finish of MurmurHash3. */
function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
