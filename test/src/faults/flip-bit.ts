const prefaceBytes = 4;
const headerBytes = 12;

/** How many bits a header has. */
export const headerBits = 8 * headerBytes;

/**
 * Returns what turns one bit of one frame's header, as the frames pass: `frame` counts from 0, `bit` from the header's
 * first byte on, its highest bit first. For one direction of one connection.
 */
export function flipBit(frame: number, bit: number): (bytes: Buffer, offset: number) => void {
  let headerAt = prefaceBytes;
  let seen = 0;
  let length = 0;
  return (bytes, offset) => {
    for (let at = Math.max(0, headerAt - offset); at < bytes.length && seen <= frame; ) {
      const place = offset + at - headerAt;
      if (place >= 1 && place <= 3) length = length * 256 + bytes[at]!;
      if (seen === frame && place === bit >> 3) bytes[at]! ^= 0x80 >> (bit & 7);
      if (place < headerBytes - 1) {
        at++;
        continue;
      }
      headerAt += headerBytes + length;
      seen++;
      length = 0;
      at = headerAt - offset;
    }
  };
}
