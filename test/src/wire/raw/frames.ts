import { deflateRawSync, inflateRawSync } from "node:zlib";
import { text, u8, u16, u32 } from "./bytes.js";
import { msgpack } from "./msgpack.js";
import { flagBits, flagsOf, type KindName, kinds, preface } from "./numbers.js";

/** A frame, said shortly; what is left out is 0 or empty. Nothing of it has to be right: that is what it is for. */
export interface Frame {
  readonly kind: KindName | number;
  readonly flags?: number;
  readonly target?: number;
  readonly id?: number;
  /** The optional fields, in their order, and the body. */
  readonly fields?: Buffer;
  readonly body?: Buffer;
  /** What stands in the header instead of the true length. */
  readonly length?: number;
  /** Bytes that go before the frame. */
  readonly lead?: Buffer;
}

/** Returns a frame's bytes. */
export function bytesOf({ kind, flags = 0, target = 0, id = 0, fields, body, length, lead }: Frame): Buffer {
  const rest = Buffer.concat([fields ?? Buffer.alloc(0), body ?? Buffer.alloc(0)]);
  const lengthBytes = u32(length ?? rest.length).subarray(1);
  const number = typeof kind === "number" ? kind : kinds[kind];
  return Buffer.concat([lead ?? Buffer.alloc(0), u8(number), lengthBytes, u16(flags), u16(target), u32(id), rest]);
}

export interface HelloParts {
  readonly versions?: readonly [min: number, max: number];
  readonly features?: number;
  readonly codecs?: readonly number[];
  /** messageBytes, inFlight, partialBytes, streams, streamCreditBytes, connectionCreditBytes. */
  readonly limits?: readonly number[];
  readonly credentials?: Buffer;
  readonly cluster?: string;
  readonly instance?: string;
  /** More fields, by tag. */
  readonly more?: readonly (readonly [tag: number, value: Buffer])[];
}

const usualLimits = [4_194_304, 1_024, 16_777_216, 0, 262_144, 4_194_304];

/** Returns the body of a hello or welcome. */
export function helloBody(parts: HelloParts = {}): Buffer {
  const { versions = [1, 1], features = 0, codecs = [1], limits = usualLimits, credentials } = parts;
  const fields: [number, Buffer][] = [
    [1, Buffer.from(versions)],
    [2, u32(features)],
    [3, Buffer.from(codecs)],
    [4, Buffer.concat(limits.map(u32))],
    [5, credentials ?? Buffer.alloc(0)],
    [6, Buffer.from(parts.cluster ?? "")],
    [7, Buffer.from(parts.instance ?? "raw")],
  ];
  return Buffer.concat([...fields, ...(parts.more ?? [])].map(([tag, value]) => tlv(tag, value)));
}

/** Returns one field of a hello. */
export function tlv(tag: number, value: Buffer): Buffer {
  return Buffer.concat([u8(tag), u16(value.length), value]);
}

/** The dialler's first words, the preface before them. */
export const hello = (parts?: HelloParts): Frame => ({ kind: "hello", lead: preface, body: helloBody(parts) });

/** The acceptor's first words, the preface before them. */
export const welcome = (parts?: HelloParts): Frame => ({ kind: "welcome", lead: preface, body: helloBody(parts) });

/** Asks for a service. Its id is the first one unless another is given. */
export const open = (service: string, wanted: readonly string[], { id = 1, flags = 0 } = {}): Frame => ({
  kind: "open",
  flags,
  id,
  body: Buffer.concat([text(service), ...wanted.map(text)]),
});

export interface OpenedPart {
  readonly name: string;
  readonly index: number;
  /** 0 unary, 1 server, 2 client, 3 duplex. */
  readonly kind?: number;
  readonly idempotent?: boolean;
  readonly codecs?: readonly number[];
}

/** Tells what a service has; `undefined`: there is no such service. */
export const opened = (id: number, methods: readonly OpenedPart[] | undefined): Frame => ({
  kind: "opened",
  id,
  body: methods === undefined ? u8(1) : Buffer.concat([u8(0), ...methods.map(openedMethod)]),
});

function openedMethod({ name, index, kind = 0, idempotent = false, codecs = [] }: OpenedPart): Buffer {
  const facts = Buffer.from([kind, idempotent ? 1 : 0, codecs.length, ...codecs]);
  return Buffer.concat([u16(index), facts, Buffer.alloc(8), text(name)]);
}

/** The optional fields of a frame. */
export interface FieldParts {
  /** Bytes of a message that goes on in chunks. */
  readonly total?: number;
  readonly timeLeftMs?: number;
  readonly codec?: number;
  /** The byte as it stands: bits 0–1 priority, 2–5 attempt − 1, 6 made inside a retry. */
  readonly priority?: number;
  readonly trace?: Buffer;
  readonly load?: number;
  /** Entries, or the field's bytes as they stand. */
  readonly metadata?: Readonly<Record<string, string>> | Buffer;
  readonly oneway?: boolean;
}

/** Returns optional fields in their order, with the flags that announce them. */
function fieldsOf(parts: FieldParts): { flags: number; fields: Buffer } {
  const { total, timeLeftMs, codec, priority, trace, load, metadata, oneway = false } = parts;
  let flags = oneway ? flagBits.oneway : 0;
  const written: Buffer[] = [];
  const put = (flag: number, bytes: Buffer): void => {
    flags |= flag;
    written.push(bytes);
  };
  if (total !== undefined) put(flagBits.more, u32(total));
  if (timeLeftMs !== undefined) put(flagBits.time, u32(timeLeftMs));
  if (codec !== undefined) put(flagBits.codec, u8(codec));
  if (priority !== undefined) put(flagBits.priority, u8(priority));
  if (trace !== undefined) put(flagBits.trace, trace);
  if (load !== undefined) put(flagBits.load, u16(load));
  if (metadata !== undefined) put(flagBits.metadata, Buffer.isBuffer(metadata) ? metadata : metadataField(metadata));
  return { flags, fields: Buffer.concat(written) };
}

function metadataField(metadata: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(metadata).flatMap(([name, value]) => [
    u8(name.length),
    Buffer.from(name),
    text(value),
  ]);
  const bytes = Buffer.concat(entries);
  return Buffer.concat([u16(bytes.length), bytes]);
}

export interface RequestParts extends FieldParts {
  readonly id: number;
  /** Its index, as opened; 0 unless given. */
  readonly method?: number;
  /** The argument list, as a value; or `body`, as bytes. */
  readonly args?: readonly unknown[];
  readonly body?: Buffer;
  /** More flags. */
  readonly flags?: number;
}

/** A call. */
export const request = ({ id, method = 0, args, body, flags = 0, ...parts }: RequestParts): Frame => {
  const announced = fieldsOf(parts);
  return {
    kind: "request",
    flags: flags | announced.flags,
    target: method,
    id,
    fields: announced.fields,
    body: body ?? msgpack(args ?? []),
  };
};

/** A call's answer: a value, or a body's bytes. */
export const response = (
  id: number,
  answer?: { value?: unknown; body?: Buffer; flags?: number } & FieldParts,
): Frame => {
  const { value = null, body, flags = 0, ...parts } = answer ?? {};
  const announced = fieldsOf(parts);
  return {
    kind: "response",
    flags: flags | announced.flags,
    id,
    fields: announced.fields,
    body: body ?? msgpack(value),
  };
};

export interface FaultParts {
  /** The number of the code; 14, unavailable, unless given. */
  readonly code?: number;
  readonly processed?: "no" | "maybe" | "yes" | number;
  readonly reason?: string;
  readonly message?: string;
  readonly retryAfterMs?: number;
  readonly details?: Buffer;
  readonly flags?: number;
}

/** Returns the body of an error, reject or close. */
export function faultBody(parts: FaultParts = {}): Buffer {
  const { processed = "no", reason = "TEST", message = "of the test", retryAfterMs = 0xffff_ffff, details } = parts;
  const certainty = typeof processed === "number" ? processed : ["no", "maybe", "yes"].indexOf(processed);
  return Buffer.concat([
    u8(certainty),
    u32(retryAfterMs),
    u8(reason.length),
    Buffer.from(reason, "latin1"),
    text(message),
    details ?? Buffer.alloc(0),
  ]);
}

/** The handler failed. */
export const error = (id: number, parts: FaultParts = {}): Frame => ({
  kind: "error",
  flags: parts.flags ?? 0,
  target: parts.code ?? 2,
  id,
  body: faultBody({ processed: "yes", ...parts }),
});

/** The handler was never reached. */
export const reject = (id: number, parts: FaultParts = {}): Frame => ({
  kind: "reject",
  flags: parts.flags ?? 0,
  target: parts.code ?? 14,
  id,
  body: faultBody(parts),
});

/** The last frame. */
export const close = (parts: FaultParts = {}): Frame => ({
  kind: "close",
  target: parts.code ?? 14,
  body: faultBody(parts),
});

/** Of target 0 the caller gives a call up; of another its peer wants no more of that stream. */
export const cancel = (id: number, { flags = 0, target = 0 } = {}): Frame => ({ kind: "cancel", flags, id, target });

export interface ItemParts {
  readonly target?: number;
  readonly flags?: number;
  /** The value; or `body`, as bytes. */
  readonly value?: unknown;
  readonly body?: Buffer;
  /** Bytes of an item that goes on in parts, of which this is the first. */
  readonly total?: number;
  /** A further part behind which others come. */
  readonly more?: boolean;
}

/** An item of a stream, or a part of one. */
export const item = (
  id: number,
  { target = 0, flags = 0, value = null, body, total, more = false }: ItemParts = {},
): Frame => ({
  kind: "item",
  flags: flags | (more || total !== undefined ? flagsOf("more") : 0),
  target,
  id,
  fields: total === undefined ? Buffer.alloc(0) : u32(total),
  body: body ?? msgpack(value),
});

/** Nothing follows on a stream. */
export const end = (id: number, { target = 0, flags = 0 } = {}): Frame => ({ kind: "end", flags, target, id });

/** So many bytes more may be sent: of a stream; of all with id 0. */
export const credit = (id: number, bytes: number, { target = 0, flags = 0 } = {}): Frame => ({
  kind: "credit",
  flags,
  target,
  id,
  body: u32(bytes),
});

/** A further part of a message; `more`: not the last one. */
export const chunk = (id: number, body: Buffer, { more = false, flags = 0 } = {}): Frame => ({
  kind: "chunk",
  flags: flags | (more ? flagsOf("more") : 0),
  id,
  body,
});

export const ping = (body?: Buffer): Frame => ({ kind: "ping", ...(body && { body }) });
export const pong = (body?: Buffer): Frame => ({ kind: "pong", ...(body && { body }) });

/** The acceptor is about to close. */
export const drain = (): Frame => ({ kind: "drain" });

/** The acceptor has read calls up to this id and will read no more. */
export const finalDrain = (lastId: number): Frame => ({ kind: "drain", target: 1, id: lastId });

/** A message in parts of `partBytes`: the frame that begins it and its chunks. */
export function inParts(first: (part: Buffer) => Frame, id: number, body: Buffer, partBytes: number): Frame[] {
  const parts: Frame[] = [first(body.subarray(0, partBytes))];
  for (let at = partBytes; at < body.length; at += partBytes) {
    parts.push(chunk(id, body.subarray(at, at + partBytes), { more: at + partBytes < body.length }));
  }
  return parts;
}

export interface BlockParts {
  /** 1 deflate, 2 lz4. */
  readonly algorithm?: number;
  /** What is announced instead of the true length. */
  readonly inflatedBytes?: number;
  /** The compressed bytes, where they are not those of the frames. */
  readonly content?: Buffer;
}

/** Frames that left together, deflated. */
export function block(frames: readonly Frame[], { algorithm = 1, inflatedBytes, content }: BlockParts = {}): Frame {
  const inside = Buffer.concat(frames.map(bytesOf));
  const body = Buffer.concat([u32(inflatedBytes ?? inside.length), content ?? deflateRawSync(inside)]);
  return { kind: "block", target: algorithm, body };
}

/** Returns the bytes of the frames that a deflated block holds. */
export function insideOf(body: Buffer): Buffer {
  const inside = inflateRawSync(body.subarray(4));
  if (inside.length !== body.readUInt32BE(0)) throw new RangeError("a block announces another length than it has");
  return inside;
}
