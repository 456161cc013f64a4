import { bytesOf, type Frame, hello } from "../wire/raw/frames.js";
import { flagBits } from "../wire/raw/numbers.js";
import { packed, ways } from "./blocks.js";
import type { Chance } from "./chance.js";
import { anyFrame, type Conversation, leadOf, oddHello, rightToken } from "./conversation.js";
import { announced, anyU32, edges, oddBody } from "./values.js";

/** Changes one frame among those of a step. */
type Change = (frames: Frame[], at: number, chance: Chance) => void;

const flags = Object.values(flagBits);
const nothing = Buffer.alloc(0);

const edit =
  (change: (frame: Frame, chance: Chance) => Partial<Frame>): Change =>
  (frames, at, chance) => {
    const frame = frames[at];
    if (frame !== undefined) frames[at] = { ...frame, ...change(frame, chance) };
  };

const nearId = (frame: Frame, chance: Chance): number =>
  chance.is(0.6) ? Math.max(0, (frame.id ?? 0) + chance.between(-2, 2)) : chance.pick(edges);

const changes: readonly Change[] = [
  edit((_, chance) => ({ kind: chance.is(0.5) ? chance.between(0, 19) : chance.between(0, 255) })),
  edit(({ flags: before = 0 }, chance) => ({ flags: before ^ chance.pick(flags) })),
  edit((_, chance) => ({ flags: chance.between(0, 65_535) })),
  edit((_, chance) => ({ target: chance.pick(edges) & 0xffff })),
  edit((frame, chance) => ({ id: nearId(frame, chance) })),
  edit((frame, chance) => ({ id: nearId(frame, chance) })),
  edit(({ body = nothing, fields = nothing }, chance) => ({
    length: announced(chance, body.length + fields.length) & 0xffffff,
  })),
  edit((_, chance) => ({ body: oddBody(chance) })),
  edit((_, chance) => ({ body: oddBody(chance) })),
  edit(({ body = nothing }, chance) => ({ body: body.subarray(0, chance.between(0, body.length)) })),
  edit(({ body = nothing }, chance) => ({ body: Buffer.concat([body, chance.bytes(chance.between(1, 9))]) })),
  edit(({ body = nothing }, chance) => ({ body: flipped(body, chance) })),
  edit(({ fields = nothing }, chance) => ({ fields: flipped(fields, chance) })),
  edit(({ fields = nothing }, chance) => ({ fields: fields.subarray(0, chance.between(0, fields.length)) })),
  // A message in parts that never says how many bytes it has, or says it wrongly.
  edit(({ flags: before = 0, fields = nothing }, chance) => ({
    flags: before | flagBits.more,
    fields: Buffer.concat([anyU32(chance), fields]),
  })),
  edit(({ flags: before = 0, fields = nothing }, chance) => ({
    flags: before | flagBits.metadata,
    fields: Buffer.concat([fields, chance.bytes(chance.between(0, 20))]),
  })),
  edit((frame, chance) => oddBlock(frame, chance)),
  edit((_, chance) => ({ lead: leadOf(chance) })),
  (frames, at) => void frames.splice(at, 1),
  (frames, at) => {
    const frame = frames[at];
    if (frame !== undefined) frames.splice(at, 0, frame);
  },
  (frames, at, chance) => {
    const other = chance.between(0, frames.length - 1);
    const [one, two] = [frames[at], frames[other]];
    if (one === undefined || two === undefined) return;
    frames[at] = two;
    frames[other] = one;
  },
  (frames, at, chance) => void frames.splice(at, 0, anyFrame(chance, chance.between(0, 8))),
  (frames, at, chance) => void frames.splice(at, 0, anyFrame(chance, chance.between(0, 8))),
  (frames, at, chance) => {
    const times = chance.between(2, 60);
    const frame = anyFrame(chance, chance.between(0, 8));
    for (let copies = 0; copies < times; copies++) frames.splice(at, 0, frame);
  },
];

/** A block that holds the frame, or something else, and may say something wrong of it. */
function oddBlock(frame: Frame, chance: Chance): Frame {
  const held = chance.is(0.6) ? frame : anyFrame(chance, chance.between(0, 8));
  const frames = Array.from({ length: chance.pick([1, 1, 2, 50]) }, () => held);
  const whole = packed(frames, chance.pick(ways));
  if (chance.is(0.3)) return whole;
  if (chance.is(0.3)) return { ...whole, target: chance.between(0, 3) };
  const body = whole.body ?? nothing;
  if (chance.is(0.5)) return { ...whole, body: Buffer.concat([anyU32(chance), body.subarray(4)]) };
  return { ...whole, body: chance.is(0.5) ? flipped(body, chance) : body.subarray(0, chance.between(0, body.length)) };
}

/** Returns the conversation with something wrong in it, most often in what comes after the hello. */
export function mutated({ steps, ...rest }: Conversation, chance: Chance): Conversation {
  const changed = steps.map((frames) => [...frames]);
  const greeting = changed[0]?.[0];
  if (greeting !== undefined && chance.is(0.1)) changed[0]![0] = { ...greeting, body: oddHello(chance) };
  if (rest.guarded && chance.is(0.5)) changed[0]![0] = hello({ credentials: wrongToken(chance) });
  for (let count = chance.pick([1, 1, 1, 2, 3, 8]); count > 0; count--) {
    const step = changed.length > 1 && chance.is(0.9) ? chance.between(1, changed.length - 1) : 0;
    const frames = changed[step]!;
    // The hello that stands alone in front is changed less often than all that follows.
    const first = step === 0 && frames.length > 1 && chance.is(0.9) ? 1 : 0;
    chance.pick(changes)(frames, chance.between(first, Math.max(first, frames.length - 1)), chance);
  }
  return { ...rest, steps: changed };
}

function wrongToken(chance: Chance): Buffer {
  const right = Buffer.from(rightToken);
  return chance.pick([nothing, flipped(right, chance), right.subarray(1), Buffer.concat([right, right])]);
}

/** Returns a step as the pieces in which it is written, changed here and there where `harm` says so. */
export function pieces(frames: readonly Frame[], chance: Chance, harm: boolean): Buffer[] {
  let bytes: Buffer = Buffer.concat(frames.map(bytesOf));
  if (harm && chance.is(0.2)) bytes = harmed(bytes, chance);
  const cuts = chance.pick([0, 0, 0, 1, 2, 5]);
  if (bytes.length < 200 && chance.is(0.05)) return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  const places = Array.from({ length: cuts }, () => chance.between(0, bytes.length)).sort((a, b) => a - b);
  const all = [0, ...places, bytes.length];
  return all
    .slice(1)
    .map((end, index) => bytes.subarray(all[index], end))
    .filter(({ length }) => length > 0);
}

function harmed(bytes: Buffer, chance: Chance): Buffer {
  const at = chance.between(0, bytes.length);
  switch (chance.between(0, 3)) {
    case 0:
      return flipped(bytes, chance);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), chance.bytes(chance.between(1, 20)), bytes.subarray(at)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + chance.between(1, 20))]);
    default:
      return bytes.subarray(0, at);
  }
}

function flipped(bytes: Buffer, chance: Chance): Buffer {
  if (bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  copy[chance.between(0, copy.length - 1)] = chance.is(0.5)
    ? chance.pick([0, 1, 0x7f, 0x80, 0xff])
    : chance.between(0, 255);
  return copy;
}
