import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import fc from "fast-check";
import { inflateBlock, maxBlockBytes } from "./block.js";
import { deflate } from "./block-algorithm.js";
import { BlockPacker } from "./block-packer.js";
import { algorithms, frameOf, orders } from "./blocks.fixture.js";
import { headerBytes, Kind, maxFrameBytes, readLength } from "./header.js";

interface Seen {
  readonly frame: Buffer;
  readonly inBlock: boolean;
}

/** Cuts what was packed into frames again, those in blocks too, and sees that every block is one. */
function unpacked(parts: readonly Buffer[]): { frames: Seen[]; blocks: number } {
  const frames: Seen[] = [];
  let blocks = 0;
  const cut = (bytes: Buffer, inBlock: boolean): void => {
    for (let at = 0; at < bytes.length; ) {
      const end = at + headerBytes + readLength(bytes, at);
      assert.ok(end <= bytes.length, "no frame is cut");
      const frame = bytes.subarray(at, end);
      if (frame[0] === Kind.block) {
        assert.ok(!inBlock && end - at <= headerBytes + maxFrameBytes);
        blocks++;
        cut(inflateBlock(algorithms, frame.readUInt16BE(6), bytes, at + headerBytes, end), true);
      } else {
        frames.push({ frame, inBlock });
      }
      at = end;
    }
  };
  cut(Buffer.concat(parts), false);
  return { frames, blocks };
}

for (const algorithm of algorithms) {
  test(`${algorithm.name}: whatever leaves together arrives in the order it was said, steering frames beside the blocks`, () => {
    const kind = fc.constantFrom(
      ...[Kind.request, Kind.response, Kind.chunk, Kind.error, Kind.opened],
      ...[Kind.cancel, Kind.ping, Kind.pong, Kind.drain, Kind.close],
    );
    const size = fc.oneof({ weight: 6, arbitrary: fc.nat(900) }, fc.nat(maxFrameBytes), fc.constant(maxFrameBytes));
    const step = fc.record({ kind, size, alike: fc.boolean(), endsPart: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const said: Buffer[] = [];
        const parts: Buffer[] = [];
        let part: Buffer[] = [];
        for (const [id, { kind, size, alike, endsPart }] of steps.entries()) {
          const frame = frameOf(kind, id, alike ? Buffer.alloc(size, 7) : randomBytes(size));
          said.push(frame);
          if (endsPart && size > 0) {
            // As chunks of long messages are put in: the header and the body apart.
            parts.push(Buffer.concat([...part, frame.subarray(0, headerBytes)]), frame.subarray(headerBytes));
            part = [];
          } else {
            part.push(frame);
          }
        }
        parts.push(Buffer.concat(part));
        const { frames } = unpacked(new BlockPacker(algorithm).pack(parts));
        assert.deepEqual(
          frames.map(({ frame }) => frame.readUInt32BE(8)),
          said.map((frame) => frame.readUInt32BE(8)),
        );
        assert.ok(Buffer.concat(frames.map(({ frame }) => frame)).equals(Buffer.concat(said)));
        for (const { frame, inBlock } of frames) {
          if ([Kind.cancel, Kind.ping, Kind.pong, Kind.drain, Kind.close].includes(frame[0] as never))
            assert.equal(inBlock, false);
          if (frame.length > maxBlockBytes) assert.equal(inBlock, false);
        }
      }),
      { numRuns: 150 },
    );
  });

  test(`${algorithm.name}: what repeats itself leaves as blocks of 64 KiB at most, and takes a third of its bytes or less`, () => {
    const said = orders(300_000);
    const packed = new BlockPacker(algorithm).pack([said]);
    const { frames, blocks } = unpacked(packed);
    assert.ok(Buffer.concat(frames.map(({ frame }) => frame)).equals(said));
    assert.ok(frames.every(({ inBlock }) => inBlock));
    assert.equal(blocks, 5);
    assert.ok(Buffer.concat(packed).length * 3 < said.length);
  });
}

test("a kilobyte and less is sent as it is: a block would cost more than it saves", () => {
  const packer = new BlockPacker(deflate);
  const alike = (bytes: number): Buffer => frameOf(Kind.response, 1, Buffer.alloc(bytes - headerBytes, 7));
  for (const [bytes, blocks] of [
    [100, 0],
    [1_024, 0],
    [1_025, 1],
  ] as const) {
    const packed = packer.pack([alike(bytes)]);
    assert.equal(unpacked(packed).blocks, blocks, `${bytes} bytes`);
    if (blocks === 0) assert.equal(Buffer.concat(packed).length, bytes);
  }
});

test("what does not shrink is sent as it is, and tried again only now and then, so that pictures do not cost a compression each", () => {
  let tried = 0;
  const counting = {
    ...deflate,
    compress(bytes: Buffer) {
      tried++;
      return deflate.compress(bytes);
    },
  };
  const packer = new BlockPacker(counting);
  const picture = frameOf(Kind.response, 1, randomBytes(20_000));
  for (let n = 0; n < 160; n++) assert.ok(Buffer.concat(packer.pack([picture])).equals(picture));
  assert.ok(tried >= 10 && tried <= 16, `tried ${tried} times of 160`);
  for (let n = 0; n < 16; n++) packer.pack([orders(2_000)]);
  tried = 0;
  for (let n = 0; n < 10; n++) assert.equal(unpacked(packer.pack([orders(2_000)])).blocks, 1);
  assert.equal(tried, 10, "what shrinks again is tried each time again");
});
