import { Cursor } from "./bytes.js";
import { flagBits, headerBytes, type KindName, kindName } from "./numbers.js";

/** What an error, reject or close says. */
export interface Fault {
  readonly code: number;
  readonly processed: "no" | "maybe" | "yes";
  readonly retryAfterMs: number | undefined;
  readonly reason: string;
  readonly message: string;
  readonly details: Buffer;
}

export interface Opened {
  readonly found: boolean;
  readonly methods: readonly { readonly name: string; readonly index: number; readonly idempotent: boolean }[];
}

/** A frame as it came. Every part of it that its kind has is there; the others are undefined. */
export interface Received {
  readonly kind: KindName | number;
  readonly flags: number;
  readonly target: number;
  readonly id: number;
  /** What stands behind the optional fields. */
  readonly body: Buffer;
  readonly fields: { total?: number; timeLeftMs?: number; codec?: number; priority?: number; metadata?: Buffer };
  readonly fault: Fault | undefined;
  readonly opened: Opened | undefined;
  /** All of it, the header included. */
  readonly bytes: Buffer;
}

/** Cuts whole frames from the front of `bytes`. */
export function cutFrames(bytes: Buffer): { frames: Received[]; rest: Buffer } {
  const frames: Received[] = [];
  let at = 0;
  while (bytes.length - at >= headerBytes) {
    const end = at + headerBytes + bytes.readUIntBE(at + 1, 3);
    if (end > bytes.length) break;
    frames.push(parse(bytes.subarray(at, end)));
    at = end;
  }
  return { frames, rest: bytes.subarray(at) };
}

function parse(bytes: Buffer): Received {
  const kind = kindName(bytes[0]!);
  const flags = bytes.readUInt16BE(4);
  const target = bytes.readUInt16BE(6);
  const cursor = new Cursor(bytes);
  cursor.take(headerBytes);
  const fields = kind === "chunk" ? {} : readFields(flags, cursor);
  const body = cursor.rest();
  return {
    kind,
    flags,
    target,
    id: bytes.readUInt32BE(8),
    body,
    fields,
    fault: kind === "error" || kind === "reject" || kind === "close" ? readFault(target, body) : undefined,
    opened: kind === "opened" ? readOpened(body) : undefined,
    bytes,
  };
}

function readFields(flags: number, from: Cursor): Received["fields"] {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  const fields: Received["fields"] = {};
  if (has(flagBits.more)) fields.total = from.u32();
  if (has(flagBits.time)) fields.timeLeftMs = from.u32();
  if (has(flagBits.codec)) fields.codec = from.u8();
  if (has(flagBits.priority)) fields.priority = from.u8();
  if (has(flagBits.trace)) from.take(25);
  if (has(flagBits.load)) from.u16();
  if (has(flagBits.metadata)) fields.metadata = from.take(from.u16());
  return fields;
}

function readFault(code: number, body: Buffer): Fault {
  const from = new Cursor(body);
  const processed = (["no", "maybe", "yes"] as const)[from.u8()];
  if (processed === undefined) throw new RangeError("a fault says neither no, maybe nor yes");
  const wait = from.u32();
  const reason = from.take(from.u8()).toString("latin1");
  const message = from.text();
  return {
    code,
    processed,
    retryAfterMs: wait === 0xffff_ffff ? undefined : wait,
    reason,
    message,
    details: from.rest(),
  };
}

function readOpened(body: Buffer): Opened {
  const from = new Cursor(body);
  const found = from.u8() === 0;
  const methods: { name: string; index: number; idempotent: boolean }[] = [];
  while (!from.done) {
    const index = from.u16();
    from.u8();
    const idempotent = from.u8() === 1;
    from.take(from.u8() + 8);
    methods.push({ name: from.text(), index, idempotent });
  }
  return { found, methods };
}

/** Returns a frame in one line, for a test that failed. */
export function shown({ kind, id, flags, body, fault }: Received): string {
  const what =
    fault === undefined ? `${body.length} bytes` : `${fault.reason} (processed ${fault.processed}): ${fault.message}`;
  return `${kind} id ${id} flags 0x${flags.toString(16)}, ${what}`;
}
