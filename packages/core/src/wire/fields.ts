import { type Metadata, noMetadata, type Priority } from "../contract/call.js";
import type { Sink } from "../contract/codec.js";
import { RpcError } from "../contract/errors.js";
import { Flag } from "./header.js";
import { protocolError } from "./protocol-error.js";

/** At most this many bytes and entries of metadata, names and values with their lengths. */
export const maxMetadataBytes = 8_192;
const maxMetadataEntries = 64;

const traceBytes = 25;
const priorities: readonly Priority[] = ["normal", "critical", "sheddable"];
const maxAttempt = 16;

/** The optional fields of a frame, read one after the other; one object a session, filled anew for each frame that has any. */
export class Fields {
  /** Bytes of the whole message; 0 where the frame carries all of it. */
  totalBytes = 0;
  /** −1 where none was announced. */
  timeLeftMs = -1;
  /** −1 for the connection's. */
  codec = -1;
  priority: Priority = "normal";
  attempt = 1;
  /** The caller is itself a handler that runs again. */
  nestedRetry = false;
  load = 0;
  metadata: Metadata = noMetadata;

  /** Reads the fields that `flags` announce from `start`; returns where the body begins. Throws `RpcError` where they do not fit. */
  read(flags: number, bytes: Buffer, start: number, end: number): number {
    let at = start;
    const need = (count: number): number => {
      const from = at;
      at += count;
      if (at > end) throw protocolError("MALFORMED_FRAME", "a frame ends inside its fields");
      return from;
    };
    this.totalBytes = (flags & Flag.more) !== 0 ? bytes.readUInt32BE(need(4)) : 0;
    this.timeLeftMs = (flags & Flag.time) !== 0 ? bytes.readUInt32BE(need(4)) : -1;
    this.codec = (flags & Flag.codec) !== 0 ? bytes[need(1)]! : -1;
    if ((flags & Flag.priority) !== 0) {
      const bits = bytes[need(1)]!;
      this.priority = priorities[bits & 3] ?? "normal";
      this.attempt = ((bits >>> 2) & 15) + 1;
      this.nestedRetry = (bits & 64) !== 0;
    } else {
      this.priority = "normal";
      this.attempt = 1;
      this.nestedRetry = false;
    }
    if ((flags & Flag.trace) !== 0) need(traceBytes);
    this.load = (flags & Flag.load) !== 0 ? bytes.readUInt16BE(need(2)) / 65_535 : 0;
    if ((flags & Flag.metadata) !== 0) {
      const length = bytes.readUInt16BE(need(2));
      const from = need(length);
      this.metadata = readMetadata(bytes, from, at);
    } else {
      this.metadata = noMetadata;
    }
    return at;
  }
}

/** Returns the bits of the priority field, or 0 where the field may be left out. */
export function priorityBits(priority: Priority, attempt: number, nestedRetry: boolean): number {
  return priorities.indexOf(priority) | ((Math.min(attempt, maxAttempt) - 1) << 2) | (nestedRetry ? 64 : 0);
}

/** Returns the bytes of a metadata field's entries. Throws `invalid_argument` / `BAD_METADATA` above the limits, naming the entry. */
export function checkMetadata(metadata: Metadata): number {
  const names = Object.keys(metadata);
  if (names.length > maxMetadataEntries) {
    throw metadataError(`${names.length} entries of metadata, the limit is ${maxMetadataEntries}`);
  }
  let total = 0;
  for (const name of names) {
    const value = metadata[name];
    if (typeof value !== "string") throw metadataError(`metadata "${shown(name)}" is not a string`);
    if (!/^[a-z0-9_.-]{1,128}$/.test(name)) {
      throw metadataError(`metadata name "${shown(name)}": use 1 to 128 of a-z, 0-9, "_", "." and "-"`);
    }
    total += 3 + name.length + Buffer.byteLength(value);
  }
  if (total > maxMetadataBytes) throw metadataError(`${total} bytes of metadata, the limit is ${maxMetadataBytes}`);
  return total;
}

/** Writes a metadata field. Throws as `checkMetadata` does. */
export function writeMetadata(metadata: Metadata, sink: Sink): void {
  const total = checkMetadata(metadata);
  sink.reserve(2 + total);
  const { bytes } = sink;
  let at = bytes.writeUInt16BE(total, sink.position);
  for (const name of Object.keys(metadata)) {
    bytes[at++] = name.length;
    at += bytes.write(name, at, "latin1");
    const length = bytes.write(metadata[name]!, at + 2, "utf8");
    at = bytes.writeUInt16BE(length, at) + length;
  }
  sink.position = at;
}

function readMetadata(bytes: Buffer, start: number, end: number): Metadata {
  if (end - start > maxMetadataBytes) throw protocolError("METADATA_TOO_LARGE", "a frame's metadata is above 8 KiB");
  const metadata = Object.create(null) as Record<string, string>;
  let at = start;
  for (let count = 0; at < end; count++) {
    if (count === maxMetadataEntries)
      throw protocolError("METADATA_TOO_LARGE", "a frame has more than 64 metadata entries");
    const nameEnd = at + 1 + bytes[at]!;
    const valueEnd = nameEnd + 2 <= end ? nameEnd + 2 + bytes.readUInt16BE(nameEnd) : Infinity;
    if (valueEnd > end) throw protocolError("MALFORMED_FRAME", "a frame ends inside its metadata");
    metadata[bytes.toString("latin1", at + 1, nameEnd)] = bytes.toString("utf8", nameEnd + 2, valueEnd);
    at = valueEnd;
  }
  return metadata;
}

function metadataError(message: string): RpcError {
  return new RpcError("invalid_argument", message, { reason: "BAD_METADATA", processed: "no" });
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 64)).slice(1, -1);
}
