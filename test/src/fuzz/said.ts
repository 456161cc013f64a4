import { json, messagePack, bytes as rawBytes } from "@rpc/core";
import { flagBits, headerBytes, kinds, maxFrameBytes, preface } from "../wire/raw/numbers.js";

/** A frame as far as its header says it. */
export interface Heard {
  readonly kind: number;
  readonly flags: number;
  readonly target: number;
  readonly id: number;
  readonly rest: Buffer;
}

/** Stand for what no frame has: other first bytes, and a length above the limit. */
export const notOurs = -1;
export const tooLong = -2;
const nothing: Heard = { kind: 0, flags: 0, target: 0, id: 0, rest: Buffer.alloc(0) };

/** Cuts what one side said into frames as any reader must, up to the first that cannot be one. */
export function framesIn(bytes: Buffer): Heard[] {
  const first = bytes.subarray(0, preface.length);
  if (!first.equals(preface.subarray(0, first.length))) return [{ ...nothing, kind: notOurs }];
  return framesOf(bytes.subarray(preface.length)).frames;
}

/** Cuts bytes into frames; `whole` says whether nothing is left behind the last. */
export function framesOf(bytes: Buffer): { readonly frames: Heard[]; readonly whole: boolean } {
  const frames: Heard[] = [];
  let at = 0;
  while (bytes.length - at >= headerBytes) {
    const length = bytes.readUIntBE(at + 1, 3);
    const end = at + headerBytes + length;
    if (length > maxFrameBytes) {
      frames.push({ ...nothing, kind: tooLong });
      return { frames, whole: false };
    }
    if (end > bytes.length) break;
    frames.push({
      kind: bytes[at]!,
      flags: bytes.readUInt16BE(at + 4),
      target: bytes.readUInt16BE(at + 6),
      id: bytes.readUInt32BE(at + 8),
      rest: bytes.subarray(at + headerBytes, end),
    });
    at = end;
  }
  return { frames, whole: at === bytes.length };
}

/** Returns every value that bytes say as a response to `id`, whole or in parts, in whichever codec. */
export function responsesTo(id: number, frames: readonly Heard[]): unknown[] {
  const values: unknown[] = [];
  let parts: Buffer[] | undefined;
  for (const { kind, flags, id: of, rest } of frames) {
    if (of !== id) continue;
    if (kind === kinds.response) parts = [withoutFields(flags, rest)];
    else if (kind === kinds.chunk) parts?.push(rest);
    else continue;
    if ((flags & flagBits.more) !== 0 || parts === undefined) continue;
    values.push(...valuesOf(Buffer.concat(parts)));
    parts = undefined;
  }
  return values;
}

/** How the library itself reads it: what is asked here is whose answer it is. */
export function valuesOf(body: Buffer): unknown[] {
  const values: unknown[] = [];
  for (const codec of [messagePack, json, rawBytes]) {
    try {
      values.push(codec.decode(body, 0, body.length, { depth: 64, elements: 262_144 }));
    } catch {
      // Nobody can have got it.
    }
  }
  return values;
}

/** Returns what stands behind the optional fields. */
export function withoutFields(flags: number, rest: Buffer): Buffer {
  let at = 0;
  const has = (bit: number): boolean => (flags & bit) !== 0;
  if (has(flagBits.more)) at += 4;
  if (has(flagBits.time)) at += 4;
  if (has(flagBits.codec)) at += 1;
  if (has(flagBits.priority)) at += 1;
  if (has(flagBits.trace)) at += 25;
  if (has(flagBits.load)) at += 2;
  if (has(flagBits.metadata) && at + 2 <= rest.length) at += 2 + rest.readUInt16BE(at);
  return rest.subarray(at);
}
