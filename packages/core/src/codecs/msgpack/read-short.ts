import type { NativeBuffer } from "../native.js";

const chars = String.fromCharCode;

/** Bytes up to which `readShort` is faster than a native call where all are ASCII; */
export const shortBytes = 24;
/** and where they are not. */
const shortUtf8Bytes = 12;
/** The same where they are no UTF-8, which nobody sends but those who want us to lose time. */
const invalidBytes = 6;

/**
 * Returns the text of `count` bytes of UTF-8 at `p`, at most `shortBytes`. All of them must be there. What is not valid
 * becomes U+FFFD as Node reads it: one for each longest beginning of a character (Encoding Standard, UTF-8 decoder).
 */
// biome-ignore format: a table, by length
export function readShort(b: NativeBuffer, p: number, count: number): string {
  // All characters in one call: it costs half of what a concatenation of shorter texts does, and makes no rope.
  switch (count) {
    case 0: return "";
    case 1: { const c0 = b[p]!; if (c0 < 128) return chars(c0); break; }
    case 2: { const c0 = b[p]!, c1 = b[p + 1]!; if ((c0 | c1) < 128) return chars(c0, c1); break; }
    case 3: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!;
      if ((c0 | c1 | c2) < 128)
        return chars(c0, c1, c2);
      break;
    }
    case 4: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!;
      if ((c0 | c1 | c2 | c3) < 128)
        return chars(c0, c1, c2, c3);
      break;
    }
    case 5: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!;
      if ((c0 | c1 | c2 | c3 | c4) < 128)
        return chars(c0, c1, c2, c3, c4);
      break;
    }
    case 6: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5) < 128)
        return chars(c0, c1, c2, c3, c4, c5);
      break;
    }
    case 7: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6);
      break;
    }
    case 8: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7);
      break;
    }
    case 9: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8);
      break;
    }
    case 10: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9);
      break;
    }
    case 11: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!, c10 = b[p + 10]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10);
      break;
    }
    case 12: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!, c10 = b[p + 10]!, c11 = b[p + 11]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11);
      break;
    }
    case 13: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!, c10 = b[p + 10]!, c11 = b[p + 11]!,
        c12 = b[p + 12]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12);
      break;
    }
    case 14: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!, c10 = b[p + 10]!, c11 = b[p + 11]!,
        c12 = b[p + 12]!, c13 = b[p + 13]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12 | c13) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13);
      break;
    }
    case 15: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!, c10 = b[p + 10]!, c11 = b[p + 11]!,
        c12 = b[p + 12]!, c13 = b[p + 13]!, c14 = b[p + 14]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12 | c13 | c14) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14);
      break;
    }
    case 16: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!, c10 = b[p + 10]!, c11 = b[p + 11]!,
        c12 = b[p + 12]!, c13 = b[p + 13]!, c14 = b[p + 14]!, c15 = b[p + 15]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12 | c13 | c14 | c15) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15);
      break;
    }
    case 17: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!, c10 = b[p + 10]!, c11 = b[p + 11]!,
        c12 = b[p + 12]!, c13 = b[p + 13]!, c14 = b[p + 14]!, c15 = b[p + 15]!, c16 = b[p + 16]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12 | c13 | c14 | c15 | c16) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16);
      break;
    }
    case 18: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!, c10 = b[p + 10]!, c11 = b[p + 11]!,
        c12 = b[p + 12]!, c13 = b[p + 13]!, c14 = b[p + 14]!, c15 = b[p + 15]!, c16 = b[p + 16]!, c17 = b[p + 17]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12 | c13 | c14 | c15 | c16 | c17) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17);
      break;
    }
    case 19: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!, c10 = b[p + 10]!, c11 = b[p + 11]!,
        c12 = b[p + 12]!, c13 = b[p + 13]!, c14 = b[p + 14]!, c15 = b[p + 15]!, c16 = b[p + 16]!, c17 = b[p + 17]!,
        c18 = b[p + 18]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12 | c13 | c14 | c15 | c16 | c17 | c18) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18);
      break;
    }
    case 20: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!, c10 = b[p + 10]!, c11 = b[p + 11]!,
        c12 = b[p + 12]!, c13 = b[p + 13]!, c14 = b[p + 14]!, c15 = b[p + 15]!, c16 = b[p + 16]!, c17 = b[p + 17]!,
        c18 = b[p + 18]!, c19 = b[p + 19]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12 | c13 | c14 | c15 | c16 | c17 | c18 |
        c19) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19);
      break;
    }
    case 21: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!, c10 = b[p + 10]!, c11 = b[p + 11]!,
        c12 = b[p + 12]!, c13 = b[p + 13]!, c14 = b[p + 14]!, c15 = b[p + 15]!, c16 = b[p + 16]!, c17 = b[p + 17]!,
        c18 = b[p + 18]!, c19 = b[p + 19]!, c20 = b[p + 20]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12 | c13 | c14 | c15 | c16 | c17 | c18 |
        c19 | c20) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20);
      break;
    }
    case 22: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!, c10 = b[p + 10]!, c11 = b[p + 11]!,
        c12 = b[p + 12]!, c13 = b[p + 13]!, c14 = b[p + 14]!, c15 = b[p + 15]!, c16 = b[p + 16]!, c17 = b[p + 17]!,
        c18 = b[p + 18]!, c19 = b[p + 19]!, c20 = b[p + 20]!, c21 = b[p + 21]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12 | c13 | c14 | c15 | c16 | c17 | c18 |
        c19 | c20 | c21) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20,
          c21);
      break;
    }
    case 23: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!, c10 = b[p + 10]!, c11 = b[p + 11]!,
        c12 = b[p + 12]!, c13 = b[p + 13]!, c14 = b[p + 14]!, c15 = b[p + 15]!, c16 = b[p + 16]!, c17 = b[p + 17]!,
        c18 = b[p + 18]!, c19 = b[p + 19]!, c20 = b[p + 20]!, c21 = b[p + 21]!, c22 = b[p + 22]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12 | c13 | c14 | c15 | c16 | c17 | c18 |
        c19 | c20 | c21 | c22) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20,
          c21, c22);
      break;
    }
    case 24: {
      const c0 = b[p]!, c1 = b[p + 1]!, c2 = b[p + 2]!, c3 = b[p + 3]!, c4 = b[p + 4]!, c5 = b[p + 5]!,
        c6 = b[p + 6]!, c7 = b[p + 7]!, c8 = b[p + 8]!, c9 = b[p + 9]!, c10 = b[p + 10]!, c11 = b[p + 11]!,
        c12 = b[p + 12]!, c13 = b[p + 13]!, c14 = b[p + 14]!, c15 = b[p + 15]!, c16 = b[p + 16]!, c17 = b[p + 17]!,
        c18 = b[p + 18]!, c19 = b[p + 19]!, c20 = b[p + 20]!, c21 = b[p + 21]!, c22 = b[p + 22]!, c23 = b[p + 23]!;
      if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | c10 | c11 | c12 | c13 | c14 | c15 | c16 | c17 | c18 |
        c19 | c20 | c21 | c22 | c23) < 128)
        return chars(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20,
          c21, c22, c23);
      break;
    }
  }
  return count <= shortUtf8Bytes ? readUtf8(b, p, p + count) : b.utf8Slice(p, p + count);
}

function readUtf8(b: NativeBuffer, start: number, end: number): string {
  let text = "";
  let p = start;
  while (p < end) {
    const first = b[p++]!;
    if (first < 0x80) {
      text += chars(first);
      continue;
    }
    const more = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0;
    // The byte after some first ones has a narrower range: no longer form than needed, no surrogates, none above U+10FFFF.
    let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    let char = more === 1 ? first & 0x1f : more === 2 ? first & 0x0f : first & 0x07;
    let missing = more;
    while (missing > 0 && p < end) {
      const next = b[p]!;
      if (next < low || next > high) break;
      low = 0x80;
      high = 0xbf;
      char = (char << 6) | (next & 0x3f);
      p++;
      missing--;
    }
    if (more === 0 || missing > 0) {
      if (end - start > invalidBytes) return b.utf8Slice(start, end);
      text += "\ufffd";
    } else if (char < 0x10000) text += chars(char);
    else text += chars(0xd7c0 + (char >> 10), 0xdc00 | (char & 0x3ff));
  }
  return text;
}
