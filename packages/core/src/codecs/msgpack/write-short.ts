import type { NativeBuffer } from "../native.js";

/**
 * Writes a text of at most 31 characters at `p` and returns where it ends. There must be room for its bytes and header.
 * A lone surrogate becomes U+FFFD, as Node writes it.
 */
export function writeShort(bytes: NativeBuffer, text: string, p: number): number {
  const { length } = text;
  let at = p + 1;
  let index = 0;
  let all = 0;
  for (; index + 3 < length; index += 4) {
    const c0 = text.charCodeAt(index);
    const c1 = text.charCodeAt(index + 1);
    const c2 = text.charCodeAt(index + 2);
    const c3 = text.charCodeAt(index + 3);
    if ((c0 | c1 | c2 | c3) > 0x7f) return writeShortUtf8(bytes, text, p);
    bytes[at] = c0;
    bytes[at + 1] = c1;
    bytes[at + 2] = c2;
    bytes[at + 3] = c3;
    at += 4;
  }
  for (; index < length; index++) {
    const char = text.charCodeAt(index);
    all |= char;
    bytes[at++] = char;
  }
  if (all > 0x7f) return writeShortUtf8(bytes, text, p);
  bytes[p] = 0xa0 | length;
  return at;
}

function writeShortUtf8(bytes: NativeBuffer, text: string, p: number): number {
  const { length } = text;
  let at = p + 1;
  for (let index = 0; index < length; index++) {
    let char = text.charCodeAt(index);
    if (char < 0x80) {
      bytes[at++] = char;
      continue;
    }
    if (char < 0x800) {
      bytes[at++] = 0xc0 | (char >> 6);
      bytes[at++] = 0x80 | (char & 0x3f);
      continue;
    }
    if (char >= 0xd800 && char < 0xe000) {
      const next = char < 0xdc00 && index + 1 < length ? text.charCodeAt(index + 1) : 0;
      if (next >= 0xdc00 && next < 0xe000) {
        char = 0x10000 + ((char & 0x3ff) << 10) + (next & 0x3ff);
        index++;
        bytes[at++] = 0xf0 | (char >> 18);
        bytes[at++] = 0x80 | ((char >> 12) & 0x3f);
        bytes[at++] = 0x80 | ((char >> 6) & 0x3f);
        bytes[at++] = 0x80 | (char & 0x3f);
        continue;
      }
      char = 0xfffd;
    }
    bytes[at++] = 0xe0 | (char >> 12);
    bytes[at++] = 0x80 | ((char >> 6) & 0x3f);
    bytes[at++] = 0x80 | (char & 0x3f);
  }
  const size = at - p - 1;
  if (size < 32) {
    bytes[p] = 0xa0 | size;
    return at;
  }
  // 32 bytes and more take a header of two.
  bytes.copyWithin(p + 2, p + 1, at);
  bytes[p] = 0xd9;
  bytes[p + 1] = size;
  return at + 1;
}
