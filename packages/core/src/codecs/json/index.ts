import type { Codec, DecodeLimits, Sink } from "../../contract/codec.js";
import type { NativeBuffer } from "../native.js";
import { malformed } from "../refusals.js";
import { encodeError } from "../unencodable.js";
import { check } from "./check.js";
import { scan } from "./scan.js";

/**
 * JSON in UTF-8. For what JSON has no form — Date, Map, Set, Error, bigint, bytes, NaN, Infinity, undefined in an array,
 * anything with a `toJSON` — encoding throws and names the place; nothing is changed silently but −0, which becomes 0.
 * Fields that are undefined are left out, as JSON does. A value that is undefined as a whole is no bytes at all.
 */
export const json: Codec = { id: 2, name: "json", encode, decode };

function encode(value: unknown, sink: Sink): void {
  if (value === undefined) return;
  const text = textOf(value);
  // A character takes three bytes at most; asking for exactly what is needed refuses nothing that fits.
  if (sink.bytes.length - sink.position < text.length * 3) sink.reserve(Buffer.byteLength(text));
  const { bytes, position } = sink;
  sink.position += (bytes as NativeBuffer).utf8Write(text, position, bytes.length - position);
}

function textOf(value: unknown): string {
  try {
    check(value);
    return JSON.stringify(value);
  } catch (thrown) {
    throw encodeError(thrown);
  }
}

function decode(bytes: Buffer, start: number, end: number, limits: DecodeLimits): unknown {
  if (start === end) return undefined;
  scan(bytes, start, end, limits);
  const text = (bytes as NativeBuffer).utf8Slice(start, end);
  try {
    return JSON.parse(text);
  } catch {
    // The error of JSON.parse quotes the text.
    throw malformed("it is not JSON");
  }
}
