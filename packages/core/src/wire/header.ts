/**
 * The header of every frame, 12 bytes, numbers big-endian:
 *
 *     byte  size  field
 *        0     1  kind     see Kind; 0x80 set: may be skipped by who does not know it
 *        1     3  length   bytes after the header, at most 65,536
 *        4     2  flags    see Flag: which optional fields follow, in the order of their bits' table
 *        6     2  target   request: method; response: 0; error, reject, close: code; stream frames: stream
 *        8     4  id       of the call, given out by its initiator; 0 on frames about the connection
 */
export const headerBytes = 12;

/** The most bytes that may follow a header. */
export const maxFrameBytes = 65_536;

export const Kind = {
  hello: 1,
  welcome: 2,
  open: 3,
  opened: 4,
  request: 5,
  response: 6,
  error: 7,
  reject: 8,
  cancel: 9,
  item: 10,
  end: 11,
  credit: 12,
  chunk: 13,
  block: 14,
  ping: 15,
  pong: 16,
  drain: 17,
  close: 18,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Set in a kind: who does not know it skips the frame. */
export const ignorable = 0x80;

/** Each announces a field; the fields stand in this order, before the body. */
export const Flag = {
  /** u32: bytes of the whole message, whose first part this frame carries; chunk frames, of an item further item frames, bring the rest. On those: more follow, no field. */
  more: 0x0001,
  /** u32: ms that are left of the caller's deadline. */
  time: 0x0002,
  /** u8: codec of the body, where it is not the connection's. */
  codec: 0x0004,
  /** u8: bits 0–1 priority (0 normal, 1 critical, 2 sheddable), bits 2–5 attempt − 1, bit 6 made inside a handler that is itself a retry. */
  priority: 0x0008,
  /** 25 bytes: trace id (16), parent span (8), trace flags (1), as in W3C Trace Context. */
  trace: 0x0010,
  /** u16: load of who answers, 0 to 65,535 for 0 to 1. */
  load: 0x0020,
  /** u16 length, then entries: u8 length, name, u16 length, value. */
  metadata: 0x0040,
  /** No field: nobody waits for an answer. Where its feature was agreed. */
  oneway: 0x0080,
  /** No field: the id was given out by the side that accepted the connection. */
  acceptor: 0x0100,
  /** No field: the error is of a class that its sender was told of, under its reason. Where its feature was agreed. */
  declared: 0x0200,
} as const;

const answerFlags = Flag.more | Flag.codec | Flag.load | Flag.metadata | Flag.acceptor;

/** Flags that a kind may have, where the features they belong to were agreed. */
const flagsOfKind: Readonly<Record<Kind, number>> = {
  [Kind.hello]: 0,
  [Kind.welcome]: 0,
  [Kind.open]: Flag.acceptor,
  [Kind.opened]: Flag.acceptor,
  [Kind.request]:
    Flag.more | Flag.oneway | Flag.time | Flag.codec | Flag.priority | Flag.trace | Flag.metadata | Flag.acceptor,
  [Kind.response]: answerFlags,
  [Kind.error]: answerFlags | Flag.declared,
  [Kind.reject]: answerFlags,
  [Kind.cancel]: Flag.acceptor,
  [Kind.item]: Flag.more | Flag.acceptor,
  [Kind.end]: Flag.metadata | Flag.acceptor,
  [Kind.credit]: Flag.acceptor,
  [Kind.chunk]: Flag.more | Flag.acceptor,
  [Kind.block]: 0,
  [Kind.ping]: 0,
  [Kind.pong]: 0,
  [Kind.drain]: 0,
  [Kind.close]: 0,
};

/** By kind, the flags that end the connection where they are set. Of kinds that nobody knows nothing is known. */
export const forbiddenFlags = new Uint16Array(256);
for (const [kind, flags] of Object.entries(flagsOfKind)) forbiddenFlags[Number(kind)] = ~flags;

/** Writes a header whose length is filled in by `writeLength`. */
export function writeHeader(at: Buffer, offset: number, kind: number, flags: number, target: number, id: number): void {
  at[offset] = kind;
  at[offset + 4] = flags >>> 8;
  at[offset + 5] = flags;
  at[offset + 6] = target >>> 8;
  at[offset + 7] = target;
  at[offset + 8] = id >>> 24;
  at[offset + 9] = id >>> 16;
  at[offset + 10] = id >>> 8;
  at[offset + 11] = id;
}

/** Fills in the length of a frame whose header begins at `offset`. */
export function writeLength(at: Buffer, offset: number, length: number): void {
  at[offset + 1] = length >>> 16;
  at[offset + 2] = length >>> 8;
  at[offset + 3] = length;
}

/** Returns the length in the header at `offset`. */
export function readLength(at: Buffer, offset: number): number {
  return (at[offset + 1]! << 16) | (at[offset + 2]! << 8) | at[offset + 3]!;
}
