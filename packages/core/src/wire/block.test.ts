import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import fc from "fast-check";
import { RpcError } from "../contract/errors.js";
import { inflateBlock, maxBlockBytes, mayBeInBlock } from "./block.js";
import { algorithms, blockBody, frameOf, orders } from "./blocks.fixture.js";
import { FrameReader } from "./frame-reader.js";
import { Kind } from "./header.js";
import { preface } from "./preface.js";

const inflate = (bit: number, body: Buffer): Buffer => inflateBlock(algorithms, bit, body, 0, body.length);

for (const algorithm of algorithms) {
  const { name, bit } = algorithm;
  const block = (frames: Buffer, announced = frames.length): Buffer => blockBody(announced, algorithm.compress(frames));

  test(`${name}: a block of any size up to its limit is read as it was written, wherever in a chunk it stands`, () => {
    for (const size of [12, 13, 1_000, 65_535, 65_536]) {
      for (const frames of [Buffer.alloc(size, 7), randomBytes(size)]) {
        const body = block(frames);
        const chunk = Buffer.concat([Buffer.alloc(9, 0xee), body, Buffer.alloc(5, 0xee)]);
        assert.ok(inflateBlock(algorithms, bit, chunk, 9, 9 + body.length).equals(frames));
      }
    }
  });

  test(`${name}: a block that is not exactly what it announces is refused, and a bomb before it grows`, () => {
    const frames = orders(5_000);
    const whole = block(frames);
    const refused: readonly [what: string, body: Buffer, reason: string][] = [
      ["nothing at all", Buffer.alloc(0), "MALFORMED_BLOCK"],
      ["half a length", whole.subarray(0, 3), "MALFORMED_BLOCK"],
      ["no content", whole.subarray(0, 4), "MALFORMED_BLOCK"],
      ["an empty block", block(Buffer.alloc(0)), "MALFORMED_BLOCK"],
      ["less than a frame", block(Buffer.alloc(11)), "MALFORMED_BLOCK"],
      ["cut off", whole.subarray(0, whole.length - 5), "MALFORMED_BLOCK"],
      ["bytes behind its end", Buffer.concat([whole, Buffer.alloc(20, 1)]), "MALFORMED_BLOCK"],
      ["one byte announced too few", block(frames, frames.length - 1), "MALFORMED_BLOCK"],
      ["one byte announced too many", block(frames, frames.length + 1), "MALFORMED_BLOCK"],
      ["not compressed at all", blockBody(500, randomBytes(400)), "MALFORMED_BLOCK"],
      ["a bomb that announces little", block(Buffer.alloc(16_777_216), 1_000), "MALFORMED_BLOCK"],
      ["a bomb that announces the most", block(Buffer.alloc(16_777_216), maxBlockBytes), "MALFORMED_BLOCK"],
      ["a bomb that says what it is", block(Buffer.alloc(16_777_216)), "BLOCK_TOO_LARGE"],
      ["one byte above the limit", block(Buffer.alloc(maxBlockBytes + 1)), "BLOCK_TOO_LARGE"],
      ["4 GiB announced", blockBody(0xffff_ffff, randomBytes(100)), "BLOCK_TOO_LARGE"],
      ["64 KiB announced by a few bytes", blockBody(maxBlockBytes, Buffer.alloc(60, 1)), "MALFORMED_BLOCK"],
    ];
    for (const [what, body, reason] of refused) assert.throws(() => inflate(bit, body), { reason }, what);
  });

  test(`${name}: whatever becomes of a good block on its way, it never crashes and never grows above its bound`, () => {
    const whole = block(orders(3_000));
    const change = fc.record({
      at: fc.nat(whole.length - 1),
      byte: fc.nat(255),
      cut: fc.nat(9),
      insert: fc.uint8Array({ maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
        let bytes = Buffer.from(whole);
        for (const { at, byte, cut, insert } of changes) {
          const from = Math.min(at, bytes.length);
          bytes = Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + cut)]);
          if (from < bytes.length) bytes[from] = byte;
        }
        let frames: Buffer;
        try {
          frames = inflate(bit, bytes);
        } catch (thrown) {
          assert.ok(thrown instanceof RpcError);
          assert.ok(["MALFORMED_BLOCK", "BLOCK_TOO_LARGE"].includes(thrown.reason), thrown.reason);
          return;
        }
        assert.ok(frames.length <= maxBlockBytes);
        assert.equal(frames.length, bytes.readUInt32BE(0));
        assert.ok(frames.buffer.byteLength <= 2 * maxBlockBytes, "memory behind it is bounded too");
        const { reader } = reading();
        try {
          reader.pushBlock(frames);
        } catch (thrown) {
          assert.ok(thrown instanceof RpcError);
        }
      }),
      { numRuns: 500 },
    );
  });
}

test("a block in a way that was not agreed is refused by its number", () => {
  const body = blockBody(500, randomBytes(400));
  for (const number of [0, 3, 4, 255, 65_535]) {
    assert.throws(() => inflate(number, body), { reason: "UNKNOWN_COMPRESSION" });
  }
  assert.throws(() => inflateBlock([], 1, body, 0, body.length), { reason: "UNKNOWN_COMPRESSION" });
});

function reading(onFrame: (id: number) => void = () => {}) {
  const kinds: [kind: number, id: number][] = [];
  const reader: FrameReader = new FrameReader({
    frame(kind, _flags, _target, id) {
      kinds.push([kind, id]);
      onFrame(id);
    },
  });
  reader.push(preface);
  return { reader, kinds };
}

test("only what carries a body comes in a block: what steers the connection, and another block, end it", () => {
  const inside = Object.values(Kind).filter(mayBeInBlock);
  assert.deepEqual(
    inside.sort((a, b) => a - b),
    [Kind.open, Kind.opened, Kind.request, Kind.response, Kind.error, Kind.reject, Kind.item, Kind.end, Kind.chunk],
  );
  for (let kind = 0; kind < 256; kind++) {
    const { reader, kinds } = reading();
    const push = (): void => reader.pushBlock(Buffer.concat([frameOf(Kind.request, 1), frameOf(kind, 2)]));
    if (mayBeInBlock(kind)) push();
    else assert.throws(push, { reason: "UNEXPECTED_FRAME" });
    assert.equal(kinds.length, mayBeInBlock(kind) ? 2 : 1);
    assert.equal(mayBeInBlock(kind), inside.includes(kind as never) || kind >= 128);
  }
});

test("frames in a block are whole: one that goes on behind its end ends the connection", () => {
  const frames = Buffer.concat([
    frameOf(Kind.request, 1, Buffer.alloc(20)),
    frameOf(Kind.request, 2, Buffer.alloc(20)),
  ]);
  for (let length = 1; length < frames.length; length++) {
    const { reader, kinds } = reading();
    if (length === 32) {
      reader.pushBlock(frames.subarray(0, length));
      assert.deepEqual(kinds, [[Kind.request, 1]]);
    } else {
      assert.throws(() => reader.pushBlock(frames.subarray(0, length)), { reason: "MALFORMED_BLOCK" });
      assert.equal(kinds.length, length < 32 ? 0 : 1);
    }
  }
  const tooLong = frameOf(Kind.request, 1, Buffer.alloc(20));
  tooLong[1] = 2;
  assert.throws(() => reading().reader.pushBlock(tooLong), { reason: "FRAME_TOO_LARGE" });
});

test("a reader that is stopped by a frame of a block hands on no more of it", () => {
  const made = reading((id) => {
    if (id === 2) made.reader.stop();
  });
  made.reader.pushBlock(Buffer.concat([1, 2, 3].map((id) => frameOf(Kind.request, id))));
  assert.deepEqual(
    made.kinds.map(([, id]) => id),
    [1, 2],
  );
});

test("a read whose blocks inflate to more than 128 KiB is taken in turns, so that a few bytes do not stop the process", () => {
  const made = reading();
  const full = Buffer.concat([frameOf(Kind.chunk, 1, Buffer.alloc(maxBlockBytes - 12))]);
  const reader: FrameReader = new FrameReader({ frame: (kind) => kind === Kind.block && reader.pushBlock(full) });
  const chunk = Buffer.concat([preface, ...Array.from({ length: 5 }, () => frameOf(Kind.block, 0, Buffer.alloc(90)))]);
  const taken: number[] = [];
  for (let at = 0; at < chunk.length; ) {
    taken.push(reader.push(chunk.subarray(at)));
    at += taken.at(-1)!;
  }
  assert.deepEqual(taken, [4 + 2 * 102, 2 * 102, 102]);
  assert.equal(made.reader.push(orders(60_000)) > 60_000, true, "what is not compressed is taken whole");
});
