import { tooMany } from "../refusals.js";

/** Up to this many keys even the worst ones cost little. */
export const fewKeys = 128;
/** Keys that may share a place where two are usual. */
const maxTogether = 32;

let high = 0;

/**
 * Watches over numbers and bigints that a peer sends as keys of one Map or members of one Set. V8 places these by a
 * hash without a secret, so that a peer can choose 100,000 which all share a place, and inserting them takes not
 * milliseconds but ten seconds. The same hash is computed here, and the message refused when a place fills up.
 *
 * The hash: V8's ComputeUnseededHash and ComputeLongHash (src/utils/utils.h), which are Thomas Wang's "Integer Hash
 * Functions". The places: V8's OrderedHashTable doubles at a power of two and has half as many places as entries.
 * Should V8 change either, the worst is that this refuses nothing any more.
 */
export class Collisions {
  readonly #limit: number;
  readonly #hashes: number[] = [];
  #together = new Uint8Array(fewKeys);

  /** `limit` is what the error names. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts a key. Throws `ELEMENT_LIMIT` when too many share its place. */
  add(key: unknown): void {
    if (typeof key !== "number" && typeof key !== "bigint") return;
    const hash = hashOf(key);
    this.#place(hash);
    if (this.#hashes.push(hash) < this.#together.length * 2) return;
    this.#together = new Uint8Array(this.#together.length * 2);
    for (const placed of this.#hashes) this.#place(placed);
  }

  #place(hash: number): void {
    const place = hash & (this.#together.length - 1);
    const together = this.#together[place]! + 1;
    if (together > maxTogether) throw tooMany(this.#limit);
    this.#together[place] = together;
  }
}

/** Returns V8's hash of a number or bigint, of which 30 bits count. */
function hashOf(key: number | bigint): number {
  if (typeof key === "bigint") {
    const low = BigInt.asUintN(64, key < 0n ? -key : key);
    return hash64(Number(low >> 32n), Number(low & 0xffffffffn));
  }
  if ((key | 0) === key) return hash32(key);
  doubles[0] = key;
  return hash64(words[1]!, words[0]!);
}

const doubles = new Float64Array(1);
const words = new Uint32Array(doubles.buffer);

function hash32(key: number): number {
  let hash = ~key + (key << 15);
  hash ^= hash >>> 12;
  hash += hash << 2;
  hash ^= hash >>> 4;
  hash = Math.imul(hash, 2057);
  return (hash ^ (hash >>> 16)) & 0x3fffffff;
}

/** On two halves, since a bigint would cost as much as what this is to prevent. */
function hash64(hi: number, lo: number): number {
  lo = add(~hi, ~lo, (hi << 18) | (lo >>> 14), lo << 18);
  hi = high;
  lo ^= (lo >>> 31) | (hi << 1);
  hi ^= hi >>> 31;
  const lo5 = add(hi, lo, (hi << 2) | (lo >>> 30), lo << 2);
  lo = add(high, lo5, (hi << 4) | (lo >>> 28), lo << 4);
  hi = high;
  lo ^= (lo >>> 11) | (hi << 21);
  hi ^= hi >>> 11;
  lo = add(hi, lo, (hi << 6) | (lo >>> 26), lo << 6);
  hi = high;
  return (lo ^ ((lo >>> 22) | (hi << 10))) & 0x3fffffff;
}

/** Returns the lower half of a sum of 64 bits; the upper one is in `high`. */
function add(hi: number, lo: number, hi2: number, lo2: number): number {
  const sum = (lo >>> 0) + (lo2 >>> 0);
  high = (hi + hi2 + (sum > 0xffffffff ? 1 : 0)) | 0;
  return sum | 0;
}
