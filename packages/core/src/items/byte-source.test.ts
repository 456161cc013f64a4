import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import { byteSource } from "./byte-source.js";

async function piecesOf(stream: AsyncIterable<unknown>): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of byteSource(stream)!) pieces.push(piece as Uint8Array);
  return pieces;
}

const inOne = (bytes: number): Readable =>
  Readable.from([Buffer.alloc(bytes, "a")], { objectMode: false, highWaterMark: bytes });

describe("bytes of a source", () => {
  const sizes: readonly [bytes: number, pieces: readonly number[]][] = [
    [1, [1]],
    [65_528, [65_528]],
    [65_529, [32_765, 32_764]],
    [65_536, [32_768, 32_768]],
    [200_000, [50_000, 50_000, 50_000, 50_000]],
  ];
  for (const [bytes, pieces] of sizes) {
    test(`${bytes} at once come in ${pieces.length} even pieces, so that a file leaves no crumbs`, async () => {
      assert.deepEqual(
        (await piecesOf(inOne(bytes))).map(({ length }) => length),
        pieces,
      );
    });
  }

  test("what waits in a Readable comes in one piece", async () => {
    const readable = new Readable({ read() {} });
    for (let at = 0; at < 100; at++) readable.push(Buffer.from([at]));
    readable.push(null);
    const [first, ...others] = await piecesOf(readable);
    assert.deepEqual([first?.length, others.length], [100, 0]);
  });

  test("an empty piece of a web stream is one, and no end", async () => {
    const web = ReadableStream.from([new Uint8Array(0), new Uint8Array(3)]);
    assert.deepEqual(
      (await piecesOf(web)).map(({ length }) => length),
      [0, 3],
    );
  });

  test("what is no stream of Node or the web has none", () => {
    assert.equal(byteSource((async function* () {})()), undefined);
    assert.equal(byteSource({ [Symbol.asyncIterator]: () => ({}) as never }), undefined);
  });

  test("one that is ended before it was read is destroyed, and one that fails later hurts nobody", async () => {
    const readable = new Readable({ read() {} });
    await byteSource(readable)!.return();
    assert.equal(readable.destroyed, true);
    const failing = new Readable({ read() {} });
    byteSource(failing);
    failing.destroy(new Error("late"));
    await new Promise((resolve) => failing.once("close", resolve));
    assert.equal(failing.errored?.message, "late");
  });
});
