import {
  cancel,
  credit,
  drain,
  end,
  error,
  type Frame,
  finalDrain,
  hello,
  helloBody,
  inParts,
  item,
  open,
  opened,
  ping,
  pong,
  reject,
  request,
  response,
  tlv,
  welcome,
} from "../wire/raw/frames.js";
import { msgpack } from "../wire/raw/msgpack.js";
import { flagBits, preface } from "../wire/raw/numbers.js";
import { packed, streamsFeature, ways } from "./blocks.js";
import type { Chance } from "./chance.js";

/** A side that speaks raw frames to the library: as its client, or as its server. */
export type Side = "dialler" | "acceptor";

/** Methods, in the order of their indices; the library's client knows the same. */
export const methods = ["echo", "fail", "slow", "again"] as const;
/** Those with streams, behind them. */
export const streaming = ["flow", "sum", "talk"] as const;
const streamKinds = [1, 2, 3];

/** What is said, step by step: between two steps the library may answer. */
export interface Conversation {
  readonly side: Side;
  readonly steps: Frame[][];
  /** Calls that the library's client makes at the beginning; of the acceptor's conversations alone. */
  readonly calls: number;
  /** Of these, those with streams that it makes behind the others: one of each method, in their order. */
  readonly streams: number;
  /** Whether it is said to a server that wants to see `rightToken` first. */
  readonly guarded: boolean;
}

/** What a guarded server accepts. */
export const rightToken = "the-right-token";

const service = "fuzz.Target";

/** Returns a conversation in which everything is right. */
export function conversation(chance: Chance): Conversation {
  return chance.is(0.5) ? asDialler(chance) : asAcceptor(chance);
}

function asDialler(chance: Chance): Conversation {
  const way = wayOf(chance);
  const streams = chance.is(0.3);
  const guarded = chance.is(0.12);
  const features = (way ?? 0) | (streams ? streamsFeature : 0);
  const shown = guarded && { credentials: Buffer.from(rightToken) };
  const greeting = [hello({ ...helloParts(chance), ...(features > 0 && { features }), ...shown })];
  const opening = [open(service, [...methods, ...streaming])];
  const said: Frame[] = [];
  let id = 1;
  for (let left = chance.between(1, 6); left > 0; left--) {
    id += chance.is(0.2) ? chance.between(2, 40) : 1;
    said.push(...(streams && chance.is(0.5) ? oneStream(chance, id) : oneCall(chance, id)));
    if (chance.is(0.15)) said.push(chance.is(0.5) ? ping(chance.bytes(chance.between(0, 12))) : pong());
    if (chance.is(0.15)) said.push(cancel(chance.between(2, id)));
  }
  if (chance.is(0.08)) said.push(drain());
  const rest = inBlocks(chance, said, way);
  // Who has to show something waits for the welcome.
  const steps = guarded || chance.is(0.5) ? [greeting, opening, rest] : [[...greeting, ...opening, ...rest]];
  return { side: "dialler", steps, calls: 0, streams: 0, guarded };
}

/** The way in which frames are packed into blocks, if they are. */
function wayOf(chance: Chance): number | undefined {
  return chance.is(0.15) ? chance.pick(ways) : undefined;
}

/** A call with streams: what is asked, and what its caller sends and gives. */
function oneStream(chance: Chance, id: number): Frame[] {
  const method = chance.between(0, 2);
  if (method === 0) {
    const asked = request({ id, method: methods.length, args: [chance.between(0, 12)] });
    return chance.is(0.3) ? [asked, credit(id, chance.between(128, 5_000)), credit(0, 200)] : [asked];
  }
  const items = Array.from({ length: chance.between(0, 8) }, (_, n) => item(id, { target: 1, value: itemOf(n) }));
  if (chance.is(0.2)) items.push(...longItem(id, 1, chance));
  return [request({ id, method: methods.length + method, body: oneArgument }), ...items, end(id, { target: 1 })];
}

/** An item in parts. */
function longItem(id: number, target: number, chance: Chance): Frame[] {
  const body = msgpack("l".repeat(chance.between(10, 300)));
  const cut = chance.between(1, body.length - 1);
  return [
    item(id, { target, total: body.length, body: body.subarray(0, cut) }),
    item(id, { target, body: body.subarray(cut) }),
  ];
}

/** A stream at place 0, and nil in its place. */
const oneArgument = Buffer.from("010091c0", "hex");

/** Item `n` of a stream: one that shows another place was lost, doubled or swapped. */
export const itemOf = (n: number): string => `item-${n}`;

function oneCall(chance: Chance, id: number): Frame[] {
  const value = tokenOf(id);
  const method = chance.is(0.7) ? 0 : chance.between(0, methods.length - 1);
  const parts = {
    id,
    method,
    ...(chance.is(0.7) ? { timeLeftMs: chance.between(1, 5_000) } : {}),
    ...(chance.is(0.2) ? { priority: chance.between(0, 2) } : {}),
    ...(chance.is(0.1) ? { trace: chance.bytes(25) } : {}),
    ...(chance.is(0.2) ? { metadata: { tenant: "a", "x.y": "z".repeat(chance.between(0, 30)) } } : {}),
  };
  if (chance.is(0.15)) return [request({ ...parts, codec: 2, body: Buffer.from(JSON.stringify([value])) })];
  const body = msgpack([chance.is(0.3) ? { token: value, more: [1, -2, 0.5, true, null, "ä"] } : value]);
  if (chance.is(0.15)) {
    const long = msgpack([{ token: value, filler: "f".repeat(chance.between(0, 400)) }]);
    const first = (part: Buffer): Frame => request({ ...parts, total: long.length, body: part });
    return inParts(first, id, long, chance.between(1, long.length - 1));
  }
  return [request({ ...parts, body })];
}

function asAcceptor(chance: Chance): Conversation {
  const unary = chance.between(1, 4);
  const streams = chance.is(0.3) ? chance.between(1, streaming.length) : 0;
  const calls = unary + streams;
  const way = wayOf(chance);
  const features = (way ?? 0) | (streams > 0 ? streamsFeature : 0);
  const greeting = [welcome({ ...helloParts(chance, [1, 2]), ...(features > 0 && { features }) })];
  const answer = [
    ...methods.map((name, index) => ({ name, index, idempotent: name === "again" })),
    ...streaming.map((name, index) => ({ name, index: methods.length + index, kind: streamKinds[index]! })),
  ];
  const opening = [opened(1, answer)];
  const answers: Frame[][] = Array.from({ length: calls }, (_, call) =>
    call < unary ? oneAnswer(chance, call + 2) : streamAnswer(chance, call + 2, call - unary),
  );
  // Answers come in any order.
  answers.sort(() => (chance.is(0.5) ? 1 : -1));
  const said = answers.flat();
  if (chance.is(0.15)) said.splice(chance.between(0, said.length), 0, ping(chance.bytes(chance.between(0, 12))));
  if (chance.is(0.05)) said.push(drain(), finalDrain(calls + 1));
  return { side: "acceptor", steps: [greeting, opening, inBlocks(chance, said, way)], calls, streams, guarded: false };
}

/** Answers a call with streams: `which` of the methods it is of. */
function streamAnswer(chance: Chance, id: number, which: number): Frame[] {
  const given = chance.is(0.5) ? [credit(id, chance.between(128, 5_000), { target: 1 })] : [];
  const stopped = chance.is(0.3) ? [cancel(id, { target: 1 })] : [];
  if (which === 1) return [...given, ...stopped, response(id, { value: 3 })];
  const items = Array.from({ length: chance.between(0, 10) }, (_, n) => item(id, { value: itemOf(n) }));
  const last = chance.is(0.8) ? end(id) : error(id, { reason: "ASKED" });
  return [...(which === 2 ? given : []), response(id, { body: Buffer.alloc(0) }), ...items, last];
}

function oneAnswer(chance: Chance, id: number): Frame[] {
  const value = tokenOf(id);
  const kind = chance.between(0, 9);
  if (kind === 0) return [error(id, { reason: "ASKED", message: value })];
  if (kind === 1) return [reject(id, { reason: "ASKED", message: value })];
  if (kind === 2) return [response(id, { codec: 2, body: Buffer.from(JSON.stringify(value)) })];
  if (kind === 3) {
    const long = msgpack({ token: value, filler: "f".repeat(chance.between(0, 400)) });
    return inParts(
      (part) => response(id, { total: long.length, body: part }),
      id,
      long,
      chance.between(1, long.length - 1),
    );
  }
  const fields = {
    ...(chance.is(0.2) ? { load: chance.between(0, 65_535) } : {}),
    ...(chance.is(0.2) ? { metadata: { zone: "b" } } : {}),
  };
  return [response(id, { value: chance.is(0.5) ? value : { token: value }, ...fields })];
}

const steering: ReadonlySet<Frame["kind"]> = new Set(["ping", "pong", "cancel", "drain", "credit"]);

/** Packs runs of frames with bodies into blocks, where a way is given. */
function inBlocks(chance: Chance, frames: readonly Frame[], way: number | undefined): Frame[] {
  if (way === undefined) return [...frames];
  const all: Frame[] = [];
  let run: Frame[] = [];
  const end = (): void => {
    if (run.length > 0) all.push(...(chance.is(0.8) ? [packed(run, way)] : run));
    run = [];
  };
  for (const frame of frames) {
    if (steering.has(frame.kind)) {
      end();
      all.push(frame);
    } else {
      run.push(frame);
      if (chance.is(0.4)) end();
    }
  }
  end();
  return all;
}

/** Names a call by its id: an answer that shows another one went astray. */
export const tokenOf = (id: number): string => `token-${id}`;

/** messageBytes, inFlight, partialBytes, streams and their credit. */
const limits = [4_194_304, 1_024, 16_777_216, 1_024, 1_024, 4_194_304];

function helloParts(chance: Chance, codecs: readonly number[] = [1, 2, 3]) {
  return {
    codecs,
    limits,
    features: chance.is(0.8) ? 0 : chance.between(0, 15),
    ...(chance.is(0.1) ? { more: [[chance.between(8, 255), chance.bytes(5)] as const] } : {}),
  };
}

/** Frames of every kind, said at any time. */
export function anyFrame(chance: Chance, id: number): Frame {
  const acceptor = chance.is(0.3) ? flagBits.acceptor : 0;
  const kinds: (() => Frame)[] = [
    () => ping(chance.bytes(8)),
    () => pong(),
    () => cancel(id, { flags: acceptor }),
    () => drain(),
    () => finalDrain(id),
    () => ({ kind: "close", target: chance.between(0, 20), body: chance.bytes(chance.between(0, 30)) }),
    () => ({ kind: "chunk", id, flags: acceptor | (chance.is(0.5) ? flagBits.more : 0), body: chance.bytes(9) }),
    () => ({ kind: chance.pick(["item", "end", "credit", "block"] as const), id, body: chance.bytes(6) }),
    () => item(id, { target: chance.between(0, 2), flags: acceptor, value: itemOf(chance.between(0, 9)) }),
    () => item(id, { target: chance.between(0, 1), total: chance.between(0, 3_000), body: chance.bytes(5) }),
    () => item(chance.between(0, 8), { body: Buffer.alloc(chance.pick([0, 0, 900, 2_000])) }),
    () => end(id, { target: chance.between(0, 2), flags: acceptor }),
    () =>
      credit(chance.is(0.3) ? 0 : id, chance.pick([0, 1, 128, 70_000, 0x7fff_ffff, 0xffff_ffff]), {
        target: chance.between(0, 1),
        flags: acceptor,
      }),
    () => cancel(id, { flags: acceptor, target: chance.between(0, 3) }),
    () =>
      request({
        id,
        method: methods.length + chance.between(0, 2),
        body: Buffer.concat([chance.bytes(chance.between(0, 3)), Buffer.from("91c0", "hex")]),
      }),
    () => ({ kind: chance.between(0, 255), id, body: chance.bytes(4) }),
    () =>
      open(chance.pick(["fuzz.Target", "", "Other", "__proto__", "x".repeat(129)]), ["constructor", "echo"], { id }),
    () => opened(id, chance.is(0.5) ? undefined : [{ name: "echo", index: chance.between(0, 65_535) }]),
    () => hello(),
    () => welcome(),
    () => request({ id, method: chance.between(0, 5), args: [tokenOf(id)], flags: acceptor }),
    () => response(id, { value: tokenOf(id), flags: acceptor }),
    () => error(id, { processed: chance.pick(["no", "maybe", "yes", 3]), flags: acceptor }),
    () => reject(id, { processed: chance.pick(["no", "maybe", "yes", 255]), flags: acceptor }),
  ];
  return chance.pick(kinds)();
}

/** A hello's body in which fields are wrong. */
export function oddHello(chance: Chance): Buffer {
  const limits = Array.from({ length: 6 }, () => chance.pick([0, 1, 100, 65_536, 4_194_304, 0xffff_ffff]));
  const body = helloBody({
    versions: chance.pick([
      [1, 1],
      [0, 0],
      [2, 9],
      [1, 200],
      [5, 1],
    ] as const),
    codecs: chance.pick([[1], [], [200], [2, 1], [1, 1, 1]]),
    features: chance.between(0, 0xffff),
    limits: chance.is(0.5) ? limits : limits.slice(0, chance.between(0, 5)),
    cluster: chance.pick(["", "", "other"]),
    instance: "i".repeat(chance.pick([0, 1, 300, 5_000])),
  });
  const more = chance.is(0.3) ? tlv(chance.between(0, 255), chance.bytes(chance.between(0, 20))) : Buffer.alloc(0);
  return Buffer.concat([body, more]).subarray(0, chance.is(0.8) ? undefined : chance.between(0, 60));
}

export const leadOf = (chance: Chance): Buffer =>
  chance.is(0.5) ? preface : chance.pick([Buffer.alloc(0), chance.bytes(4), Buffer.from("GET / HTTP/1.1\r\n\r\n")]);
