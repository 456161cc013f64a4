import { u8, u16, u32 } from "../wire/raw/bytes.js";
import { msgpack } from "../wire/raw/msgpack.js";
import type { Chance } from "./chance.js";

/** Bodies that a decoder should look at twice. */
const bombs: readonly (() => Buffer)[] = [
  () => Buffer.alloc(200, 0x91), // arrays in arrays
  () => Buffer.alloc(5_000, 0x81),
  () => Buffer.from("ddffffffff", "hex"), // an array of 2^32 - 1
  () => Buffer.from("dfffffffff", "hex"),
  () => Buffer.from("91dbffffffff", "hex"), // text, longer than what is there
  () => Buffer.from("91c6ffffffff", "hex"),
  () => Buffer.from("91c9ffffffff01", "hex"), // an extension
  () => Buffer.from("91c1", "hex"), // a byte that means nothing
  () => Buffer.from("91d9", "hex"), // ends inside a length
  () => Buffer.concat([u8(0x91), u8(0x81), msgpack("__proto__"), msgpack({ polluted: true })]),
  () => Buffer.concat([u8(0x91), u8(0x82), msgpack("constructor"), u8(1), msgpack("then"), u8(2)]),
  () => Buffer.alloc(0),
];

const brokenJson = [
  "[",
  "{",
  '["',
  '["\\u',
  "[1e999]",
  "[,]",
  "[1]]",
  '[{"__proto__":{"polluted":true}}]',
  "[".repeat(500),
];

/** Extension types that are read, and some that are not. */
const extensions = [0, 1, 2, 3, 66, 116, 255, 4, 127, 128];

/** Returns a body that need not be any codec's. */
export function oddBody(chance: Chance): Buffer {
  if (chance.is(0.4)) return chance.pick(bombs)();
  if (chance.is(0.2)) return Buffer.from(chance.pick(brokenJson));
  if (chance.is(0.5)) return Buffer.concat([u8(0x91), extension(chance)]);
  return chance.bytes(chance.between(0, 40));
}

function extension(chance: Chance): Buffer {
  const payload = chance.is(0.5) ? chance.bytes(chance.between(0, 12)) : msgpack([chance.between(0, 9), "x"]);
  const type = u8(chance.pick(extensions));
  if (chance.is(0.5)) return Buffer.concat([u8(0xc7), u8(payload.length), type, payload]);
  return Buffer.concat([u8(0xc8), u16(payload.length + chance.between(0, 2)), type, payload]);
}

/** Numbers at which something ends. */
export const edges = [
  0, 1, 2, 3, 63, 64, 65, 127, 128, 255, 256, 1_023, 1_024, 65_535, 65_536, 0x7fff_ffff, 0xffff_ffff,
];

/** Returns a count as the field that announces a whole message. */
export const announced = (chance: Chance, truth: number): number =>
  chance.is(0.5) ? truth : chance.is(0.5) ? chance.pick(edges) : Math.max(0, truth + chance.between(-2, 2));

export const anyU32 = (chance: Chance): Buffer => u32(chance.pick(edges));
