import { types } from "node:util";
import type { Codec, DecodeLimits, Sink } from "../contract/codec.js";
import { Unencodable } from "./unencodable.js";

/**
 * Bytes as they are. An argument list, which is an array, holds one argument that is bytes, or none; a result is bytes
 * or undefined. None, undefined and no bytes are the same on the wire: decoding returns a Buffer of its own, an empty
 * one for them. Who reads arguments with it makes the list: `[decoded]`.
 */
export const bytes: Codec = { id: 3, name: "raw", single: true, encode, decode };

function encode(value: unknown, sink: Sink): void {
  const body = bodyOf(value);
  if (body === undefined) return;
  if (sink.bytes.length - sink.position < body.length) sink.reserve(body.length);
  sink.bytes.set(body, sink.position);
  sink.position += body.length;
}

function decode(source: Buffer, start: number, end: number, limits: DecodeLimits): unknown {
  const body = source.subarray(start, end);
  return limits.owned === true ? body : Buffer.from(body);
}

function bodyOf(value: unknown): Uint8Array | undefined {
  if (!Array.isArray(value)) return bytesOf(value);
  if (value.length > 1)
    throw new Unencodable(`has ${value.length} arguments, of which the raw codec carries one`).toError();
  return bytesOf(value[0], 0);
}

function bytesOf(value: unknown, index?: number): Uint8Array | undefined {
  if (value === undefined) return undefined;
  if (types.isUint8Array(value)) return value;
  if (types.isArrayBuffer(value)) return new Uint8Array(value);
  const failure = new Unencodable(
    `is ${value === null ? "null" : `of type ${typeof value}`}, where the raw codec carries bytes`,
  );
  throw (index === undefined ? failure : failure.within(index)).toError();
}
