import {
  block,
  cancel,
  drain,
  error,
  type Frame,
  finalDrain,
  hello,
  helloBody,
  inParts,
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
import { deflateFeature } from "./blocks.js";
import type { Chance } from "./chance.js";

/** A side that speaks raw frames to the library: as its client, or as its server. */
export type Side = "dialler" | "acceptor";

/** Methods, in the order of their indices; the library's client knows the same. */
export const methods = ["echo", "fail", "slow", "again"] as const;

/** What is said, step by step: between two steps the library may answer. */
export interface Conversation {
  readonly side: Side;
  readonly steps: Frame[][];
  /** Calls that the library's client makes at the beginning; of the acceptor's conversations alone. */
  readonly calls: number;
}

const service = "fuzz.Target";

/** Returns a conversation in which everything is right. */
export function conversation(chance: Chance): Conversation {
  return chance.is(0.5) ? asDialler(chance) : asAcceptor(chance);
}

function asDialler(chance: Chance): Conversation {
  const blocks = chance.is(0.12);
  const greeting = [hello({ ...helloParts(chance), ...(blocks && { features: deflateFeature }) })];
  const opening = [open(service, [...methods])];
  const said: Frame[] = [];
  let id = 1;
  for (let left = chance.between(1, 6); left > 0; left--) {
    id += chance.is(0.2) ? chance.between(2, 40) : 1;
    said.push(...oneCall(chance, id));
    if (chance.is(0.15)) said.push(chance.is(0.5) ? ping(chance.bytes(chance.between(0, 12))) : pong());
    if (chance.is(0.15)) said.push(cancel(chance.between(2, id)));
  }
  if (chance.is(0.08)) said.push(drain());
  const packed = blocks ? inBlocks(chance, said) : said;
  const steps = chance.is(0.5) ? [greeting, opening, packed] : [[...greeting, ...opening, ...packed]];
  return { side: "dialler", steps, calls: 0 };
}

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
  const calls = chance.between(1, 4);
  const blocks = chance.is(0.12);
  const greeting = [welcome({ ...helloParts(chance, [1, 2]), ...(blocks && { features: deflateFeature }) })];
  const answer = methods.map((name, index) => ({ name, index, idempotent: name === "again" }));
  const opening = [opened(1, answer)];
  const answers: Frame[][] = Array.from({ length: calls }, (_, call) => oneAnswer(chance, call + 2));
  // Answers come in any order.
  answers.sort(() => (chance.is(0.5) ? 1 : -1));
  const said = answers.flat();
  if (chance.is(0.15)) said.splice(chance.between(0, said.length), 0, ping(chance.bytes(chance.between(0, 12))));
  if (chance.is(0.05)) said.push(drain(), finalDrain(calls + 1));
  return { side: "acceptor", steps: [greeting, opening, blocks ? inBlocks(chance, said) : said], calls };
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

const steering: ReadonlySet<Frame["kind"]> = new Set(["ping", "pong", "cancel", "drain"]);

/** Packs runs of frames with bodies into blocks. */
function inBlocks(chance: Chance, frames: readonly Frame[]): Frame[] {
  const packed: Frame[] = [];
  let run: Frame[] = [];
  const end = (): void => {
    if (run.length > 0) packed.push(...(chance.is(0.8) ? [block(run)] : run));
    run = [];
  };
  for (const frame of frames) {
    if (steering.has(frame.kind)) {
      end();
      packed.push(frame);
    } else {
      run.push(frame);
      if (chance.is(0.4)) end();
    }
  }
  end();
  return packed;
}

/** Names a call by its id: an answer that shows another one went astray. */
export const tokenOf = (id: number): string => `token-${id}`;

function helloParts(chance: Chance, codecs: readonly number[] = [1, 2, 3]) {
  return {
    codecs,
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
