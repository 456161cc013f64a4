import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { RpcError } from "../contract/errors.js";
import { FrameReader } from "./frame-reader.js";
import {
  Flag,
  forbiddenFlags,
  headerBytes,
  ignorable,
  Kind,
  maxFrameBytes,
  writeHeader,
  writeLength,
} from "./header.js";
import { preface } from "./preface.js";

interface Taken {
  readonly kind: number;
  readonly flags: number;
  readonly target: number;
  readonly id: number;
  readonly body: Buffer;
}

/** A reader, and copies of the frames it handed on; of items that came in pieces each with all its pieces. */
function reading(onFrame: (taken: Taken) => void = () => {}) {
  const frames: Taken[] = [];
  const reader = new FrameReader({
    frame(kind, flags, target, id, bytes, start, end) {
      const taken = { kind, flags, target, id, body: Buffer.from(bytes.subarray(start, end)) };
      const before = frames.at(-1);
      if (reader.continued && before !== undefined)
        frames[frames.length - 1] = { ...taken, body: Buffer.concat([before.body, taken.body]) };
      else frames.push(taken);
      onFrame(taken);
    },
  });
  return { reader, frames };
}

function encoded({ kind, flags, target, id, body }: Taken): Buffer {
  const header = Buffer.alloc(headerBytes);
  writeHeader(header, 0, kind, flags, target, id);
  writeLength(header, 0, body.length);
  return Buffer.concat([header, body]);
}

/** Parts of a message that follow each other as one: where they are cut has no meaning. */
function joined(frames: readonly Taken[]): Taken[] {
  const whole: Taken[] = [];
  for (const frame of frames) {
    const before = whole.at(-1);
    const sameMessage =
      before?.kind === Kind.chunk &&
      frame.kind === Kind.chunk &&
      before.id === frame.id &&
      before.target === frame.target &&
      ((before.flags ^ frame.flags) & Flag.acceptor) === 0 &&
      (before.flags & Flag.more) !== 0;
    if (sameMessage) whole[whole.length - 1] = { ...frame, body: Buffer.concat([before.body, frame.body]) };
    else whole.push(frame);
  }
  return whole;
}

const anyFrame: fc.Arbitrary<Taken> = fc
  .record({
    kind: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constant(Kind.chunk), fc.constant(Kind.item)),
    flags: fc.integer({ min: 0, max: 0xffff }),
    target: fc.integer({ min: 0, max: 0xffff }),
    id: fc.integer({ min: 0, max: 0xffff_ffff }),
    body: fc.oneof(
      { weight: 9, arbitrary: fc.uint8Array({ maxLength: 300 }) },
      {
        weight: 1,
        arbitrary: fc
          .integer({ min: maxFrameBytes - 2, max: maxFrameBytes })
          .map((size) => new Uint8Array(size).fill(size)),
      },
    ),
  })
  .map((frame) => ({ ...frame, flags: frame.flags & ~forbiddenFlags[frame.kind]!, body: Buffer.from(frame.body) }));

test("frames are the same however the stream is sliced, so that a network's whims change nothing", () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 40 }), (frames, places) => {
      const stream = Buffer.concat([preface, ...frames.map(encoded)]);
      const cuts = [...new Set(places.map((place) => place % (stream.length + 1)))].sort((a, b) => a - b);
      const { reader, frames: taken } = reading();
      for (const [index, cut] of [...cuts, stream.length].entries())
        reader.push(stream.subarray(cuts[index - 1] ?? 0, cut));
      assert.deepEqual(joined(taken), joined(frames));
      assert.equal(reader.heldBytes, 0);
      assert.ok(reader.recognised);
    }),
    { numRuns: 300 },
  );
});

test("a long message's cut part is handed on as it comes, and not held until it is whole", () => {
  const body = Buffer.from(Array.from({ length: maxFrameBytes }, (_, index) => index % 251));
  const chunk = { kind: Kind.chunk, flags: 0, target: 0, id: 7, body };
  const after = { kind: Kind.ping, flags: 0, target: 0, id: 0, body: Buffer.alloc(8) };
  const stream = Buffer.concat([preface, encoded(chunk), encoded(after)]);
  const { reader, frames } = reading();
  const cuts = [0, 30_000, 50_000, 50_004, stream.length];
  const held: number[] = [];
  for (const [index, cut] of cuts.slice(1).entries()) {
    reader.push(stream.subarray(cuts[index], cut));
    held.push(reader.heldBytes);
  }
  assert.deepEqual(held, [headerBytes, headerBytes, headerBytes + 4, 0]);
  assert.deepEqual(joined(frames), [chunk, after]);
  const parts = frames.slice(0, -1).map(({ flags, body: { length } }) => ({ more: (flags & Flag.more) !== 0, length }));
  assert.ok(parts.length >= 3, `${parts.length} parts`);
  assert.deepEqual(
    parts.map(({ more }) => more),
    [...parts.slice(1).map(() => true), false],
  );
  assert.ok(
    parts.every(({ length }) => length >= 4_096),
    "no part is tiny, however the stream is",
  );
});

test("the beginning of a large item is handed on as soon as it is there, so that the rest can be read to its place", () => {
  const large = encoded({ kind: Kind.item, flags: 0, target: 0, id: 7, body: Buffer.alloc(20_000, 5) });
  const small = encoded({ kind: Kind.item, flags: 0, target: 0, id: 7, body: Buffer.alloc(2_000, 6) });
  const pieces: Buffer[] = [];
  const { reader } = reading(({ body }) => pieces.push(body));
  reader.push(Buffer.concat([preface, large.subarray(0, headerBytes + 15)]));
  assert.deepEqual([pieces.length, reader.cutBytes], [0, 0], "less is put together first");
  assert.equal(reader.missingBytes, 19_985);
  reader.push(large.subarray(headerBytes + 15));
  assert.equal(pieces.length, 1);
  reader.push(large.subarray(0, headerBytes + 16));
  assert.deepEqual([pieces.length, reader.cutBytes, reader.heldBytes], [2, 19_984, headerBytes]);
  reader.push(large.subarray(headerBytes + 16, headerBytes + 17));
  assert.deepEqual([pieces.length, reader.cutBytes], [3, 19_983]);
  reader.push(Buffer.concat([large.subarray(headerBytes + 17), small.subarray(0, 1_000)]));
  assert.deepEqual([pieces.length, reader.cutBytes], [4, 0], "a small one is put together");
  reader.push(small.subarray(1_000));
  assert.equal(pieces.length, 5);
  assert.ok(Buffer.concat(pieces.slice(1, 4)).equals(Buffer.alloc(20_000, 5)));
});

test("what was handed on is not touched again while it is looked at, also where frames end in the middle of a chunk", () => {
  const first = encoded({ kind: Kind.ping, flags: 0, target: 0, id: 1, body: Buffer.alloc(700, 1) });
  const second = encoded({ kind: Kind.ping, flags: 0, target: 0, id: 2, body: Buffer.alloc(700, 2) });
  const stream = Buffer.concat([preface, first, second]);
  const { reader, frames } = reading();
  reader.push(stream.subarray(0, 500));
  reader.push(stream.subarray(500, 1_000));
  reader.push(stream.subarray(1_000));
  assert.deepEqual(
    frames.map(({ id, body }) => [id, body.every((byte) => byte === id)]),
    [
      [1, true],
      [2, true],
    ],
  );
});

for (let good = 0; good < preface.length; good++) {
  test(`byte ${good + 1} of the preface decides alone: what follows a wrong one is not looked at`, () => {
    const { reader, frames } = reading();
    if (good > 0) reader.push(preface.subarray(0, good));
    const wrong = Buffer.concat([
      Buffer.from([preface[good]! ^ 0xff]),
      preface,
      encoded({ kind: 1, flags: 0, target: 0, id: 0, body: Buffer.alloc(0) }),
    ]);
    assert.throws(() => reader.push(wrong), { reason: "BAD_PREFACE", processed: "no" });
    assert.equal(frames.length, 0);
    assert.equal(reader.recognised, false);
  });
}

test("no byte of the preface is taken for one of TLS, SSLv2, SSH, HTTP or text", () => {
  assert.ok(preface[0]! > 0x80);
  assert.notEqual(preface[0], 0x16);
  assert.ok(reading().reader.recognised === false);
});

test("a frame above the limit is refused by its header, wherever the header is cut, and nothing is held for it", () => {
  const header = Buffer.from("05010001000000000000000001".slice(0, 24), "hex");
  for (let cut = 0; cut <= headerBytes; cut++) {
    const { reader } = reading();
    reader.push(preface);
    const whole = (): void => {
      if (cut > 0) reader.push(header.subarray(0, cut));
      reader.push(header.subarray(cut));
    };
    assert.throws(whole, (error) => error instanceof RpcError && error.reason === "FRAME_TOO_LARGE");
    assert.ok(reader.heldBytes <= headerBytes);
  }
});

test("a frame that was announced and has not come costs what came of it", () => {
  const { reader } = reading();
  const before = process.memoryUsage().arrayBuffers;
  const readers = Array.from({ length: 500 }, () => reading().reader);
  for (const each of readers)
    each.push(Buffer.concat([preface, Buffer.from("05010000000000000000000101020304", "hex")]));
  const perReader = (process.memoryUsage().arrayBuffers - before) / readers.length;
  assert.ok(perReader < 4_096, `${perReader} bytes for 16 that came of 65,548`);
  assert.equal(readers[0]?.heldBytes, 16);
  assert.equal(reader.heldBytes, 0);
});

test("a reader that is stopped by what it hands on hands on no more, not even of the same chunk", () => {
  const frame = (id: number): Buffer => encoded({ kind: Kind.ping, flags: 0, target: 0, id, body: Buffer.alloc(3) });
  const made = reading(({ id }) => {
    if (id === 2) made.reader.stop();
  });
  made.reader.push(Buffer.concat([preface, frame(1), frame(2), frame(3), frame(4).subarray(0, 5)]));
  made.reader.push(Buffer.concat([frame(5), frame(6)]));
  assert.deepEqual(
    made.frames.map(({ id }) => id),
    [1, 2],
  );
  assert.equal(made.reader.heldBytes, 0);
});

test("a reader that trims while a frame is half read loses nothing of it", () => {
  const frame = encoded({ kind: Kind.ping, flags: 0, target: 0, id: 1, body: Buffer.alloc(2_000, 9) });
  const { reader, frames } = reading();
  reader.push(preface);
  reader.push(frame.subarray(0, 900));
  reader.trim();
  reader.push(frame.subarray(900));
  reader.trim();
  reader.push(frame.subarray(0, 900));
  reader.push(frame.subarray(900));
  assert.equal(frames.length, 2);
  assert.ok(frames.every(({ body }) => body.equals(Buffer.alloc(2_000, 9))));
});

test("every flag that a kind may not have ends the connection; kinds that nobody knows may have any", () => {
  for (let kind = 0; kind < 256; kind++) {
    for (let bit = 0; bit < 16; bit++) {
      const forbidden = (forbiddenFlags[kind]! & (1 << bit)) !== 0;
      const { reader, frames } = reading();
      reader.push(preface);
      const push = (): number =>
        reader.push(encoded({ kind, flags: 1 << bit, target: 0, id: 1, body: Buffer.alloc(0) }));
      if (forbidden) assert.throws(push, { reason: "RESERVED_FLAG" });
      else push();
      assert.equal(frames.length, forbidden ? 0 : 1);
    }
    if ((kind & ignorable) !== 0) assert.equal(forbiddenFlags[kind], 0);
    const own = kind === Kind.request ? Flag.oneway : kind === Kind.error ? Flag.declared : 0;
    if (kind > 0 && kind <= Kind.close)
      assert.equal(forbiddenFlags[kind]! & 0xfe80, 0xfe80 & ~own, "reserved in every known kind but its own");
  }
});

test("the cost of reading grows with the bytes, not with their square, however they are sliced", () => {
  const timeOf = (frames: number, slice: number): number => {
    const one = encoded({
      kind: Kind.ping,
      flags: 0,
      target: 0,
      id: 1,
      body: Buffer.alloc(slice === 1 ? 400 : 60_000),
    });
    const stream = Buffer.concat([preface, ...Array.from({ length: frames }, () => one)]);
    const { reader } = reading();
    const before = process.cpuUsage();
    for (let at = 0; at < stream.length; at += slice) reader.push(stream.subarray(at, at + slice));
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  // The least of several: whatever else the process or the machine does only adds.
  const least = (frames: number, slice: number): number =>
    Math.min(...Array.from({ length: 7 }, () => timeOf(frames, slice)));
  for (const [slice, frames] of [
    [1, 60],
    [997, 20],
  ] as const) {
    timeOf(frames, slice);
    const ratio = least(frames * 8, slice) / least(frames, slice);
    assert.ok(ratio < 24, `8 times the bytes in slices of ${slice} cost ${ratio.toFixed(1)} times the time`);
  }
});
