/** Bytes of frames as docs/protocol.md has them, written by hand: an attacker does not ask our own code. */

const headerBytes = 12;
const kinds = { hello: 1, open: 3, request: 5, cancel: 9, chunk: 13, ping: 15 } as const;
const flagMore = 1;
const preface = Buffer.from("f2525043", "hex");

/** Returns a frame's bytes. */
function frame(kind: keyof typeof kinds, id: number, body = Buffer.alloc(0), flags = 0, target = 0): Buffer {
  const bytes = Buffer.alloc(headerBytes + body.length);
  bytes[0] = kinds[kind];
  bytes.writeUIntBE(body.length, 1, 3);
  bytes.writeUInt16BE(flags, 4);
  bytes.writeUInt16BE(target, 6);
  bytes.writeUInt32BE(id, 8);
  body.copy(bytes, headerBytes);
  return bytes;
}

function field(tag: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, value.length >> 8, value.length & 0xff]), value]);
}

function name(text: string): Buffer {
  return Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)]);
}

/** Returns what a dialler says first: the hello, and an open of the service that the attacked server serves, under id 1. */
export function greeting(service: string, method: string): Buffer {
  const limits = Buffer.alloc(24);
  for (const [place, limit] of [4_194_304, 1_024, 16_777_216, 0, 262_144, 4_194_304].entries()) {
    limits.writeUInt32BE(limit, 4 * place);
  }
  const hello = [field(1, Buffer.from([1, 1])), field(3, Buffer.from([1])), field(4, limits)];
  return Buffer.concat([preface, frame("hello", 0, Buffer.concat(hello)), open(1, service, method)]);
}

function open(id: number, service: string, method: string): Buffer {
  return frame("open", id, Buffer.concat([name(service), name(method)]));
}

/** What an attacker may send; each writes frames whose ids go on from `id`, and says how many frames and ids that took. */
export interface Weapon {
  readonly framesEach: number;
  readonly idsEach: number;
  write(id: number): Buffer;
}

const noArguments = Buffer.from([0x90]);

/** The weapons by name. */
export const weapons = {
  ping: { framesEach: 1, idsEach: 0, write: () => frame("ping", 0) },
  cancel: {
    framesEach: 2,
    idsEach: 1,
    write: (id) => Buffer.concat([frame("request", id, noArguments), frame("cancel", id)]),
  },
  open: { framesEach: 1, idsEach: 1, write: (id) => open(id, "Nobody", "knows") },
  badRequest: { framesEach: 1, idsEach: 1, write: (id) => frame("request", id, noArguments, 0, 9_999) },
  emptyChunk: {
    framesEach: 2,
    idsEach: 0,
    // Of a message that was begun with a first part without a byte, under id 2.
    write: () => Buffer.concat([frame("chunk", 2, undefined, flagMore), frame("chunk", 2, undefined, flagMore)]),
  },
} as const satisfies Record<string, Weapon>;

export type WeaponName = keyof typeof weapons;

/** Returns what begins the message that `emptyChunk` never goes on with; other weapons need nothing first. */
export function loading(weapon: WeaponName): Buffer {
  if (weapon !== "emptyChunk") return Buffer.alloc(0);
  const total = Buffer.alloc(4);
  total.writeUInt32BE(100_000);
  return frame("request", 2, total, flagMore);
}
