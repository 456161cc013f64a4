/** The protocol's numbers, written down a second time: docs/protocol.md is what both copies are compared with. */
export const kinds = {
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
export type KindName = keyof typeof kinds;

export const flagBits = {
  more: 0x0001,
  time: 0x0002,
  codec: 0x0004,
  priority: 0x0008,
  trace: 0x0010,
  load: 0x0020,
  metadata: 0x0040,
  oneway: 0x0080,
  acceptor: 0x0100,
  declared: 0x0200,
} as const;
export type FlagName = keyof typeof flagBits;

export const preface = Buffer.from("f2525043", "hex");

export const headerBytes = 12;
export const maxFrameBytes = 65_536;

const kindNames = new Map<number, KindName>(Object.entries(kinds).map(([name, kind]) => [kind, name as KindName]));

/** Returns a kind's name, or its number where it has none. */
export function kindName(kind: number): KindName | number {
  return kindNames.get(kind) ?? kind;
}

/** Returns the bits of flags by their names. */
export function flagsOf(...names: readonly FlagName[]): number {
  return names.reduce((bits, name) => bits | flagBits[name], 0);
}
