/** Tags of ASN.1 (X.690) that a certificate is made of. */
const Tag = { boolean: 1, integer: 2, bits: 3, octets: 4, oid: 6, utf8: 12, sequence: 0x30, set: 0x31, time: 0x18 };

function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const size = value.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}

export const sequence = (...parts: readonly Buffer[]): Buffer => element(Tag.sequence, ...parts);
export const set = (...parts: readonly Buffer[]): Buffer => element(Tag.set, ...parts);
export const octets = (value: Buffer): Buffer => element(Tag.octets, value);
export const bits = (value: Buffer): Buffer => element(Tag.bits, Buffer.from([0]), value);
export const utf8 = (value: string): Buffer => element(Tag.utf8, Buffer.from(value));
export const truth = (): Buffer => element(Tag.boolean, Buffer.from([0xff]));

/** A number from 0 to 127, or the bytes of a positive one. */
export const integer = (value: number | Buffer): Buffer =>
  element(Tag.integer, Buffer.isBuffer(value) ? value : Buffer.from([value]));

/** `[number]`, with parts or as it is. */
export const tagged = (number: number, value: Buffer): Buffer => element(0xa0 | number, value);
export const primitive = (number: number, value: Buffer): Buffer => element(0x80 | number, value);

/** A point in time, as 20260131235959Z. */
export const time = (at: Date): Buffer =>
  element(Tag.time, Buffer.from(`${at.toISOString().slice(0, 19).replace(/[-T:]/g, "")}Z`));

/** An object identifier, written with dots. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const septets = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) septets.unshift((left & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return element(Tag.oid, Buffer.from(bytes));
}
