/** 2^32 divided by the golden ratio: steps of it fall evenly over the circle. */
const golden = 0x9e3779b9;

/* Hashes are whole numbers with a sign, from −2^31: engines keep those without an object, and not all up to 2^32. */

/**
 * FNV-1a over a text's UTF-16 units, from a basis of the caller's choice. Fowler, Noll, Vo and Eastlake, The FNV
 * Non-Cryptographic Hash Algorithm, RFC 9923. Its upper bits are poor for short texts: `mixed` mends that.
 */
export function fnv1a(text: string, basis: number): number {
  let hash = basis;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** Spreads a number's bits over all 32: the finalizer of Appleby's MurmurHash3, in the public domain. */
function mixed(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** Returns the n-th of many places on the circle that a text has, to be read without its sign. `first` and `second` are its two hashes. */
export function placeOf(first: number, second: number, n: number): number {
  return mixed(first ^ Math.imul(second + n, golden));
}

/** The bases of a text's two hashes: FNV's own, and its complement. Two texts share a place only where both are equal. */
export const firstBasis = 0x811c9dc5;
export const secondBasis = ~firstBasis >>> 0;
