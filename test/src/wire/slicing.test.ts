import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import fc from "fast-check";
import { type Ground, grounds, inMemory } from "./ground/grounds.js";
import { type Serving, serving } from "./ground/serving.js";
import { bytesOf, cancel, chunk, close, type Frame, hello, inParts, open, ping, request } from "./raw/frames.js";
import { args } from "./raw/msgpack.js";
import { raw } from "./raw/raw.js";
import { cutFrames, type Received } from "./raw/received.js";

const long = args("y".repeat(1_500));

/** Everything a client may say, ending with its goodbye. */
const said: readonly Frame[] = [
  hello(),
  open("Probe", ["add", "echo"]),
  ping(Buffer.from("beforehd")),
  request({ id: 2, args: [1, 2] }),
  request({ id: 3, method: 1, args: ["a"], timeLeftMs: 9_000, priority: 1, metadata: { trace: "t", user: "ü" } }),
  ...inParts((body) => request({ id: 4, method: 1, total: long.length, body }), 4, long, 400),
  { kind: 0x90, body: Buffer.alloc(40, 7) },
  request({ id: 5, method: 7 }),
  request({ id: 6, method: 1, body: Buffer.from("c1", "hex") }),
  cancel(5),
  chunk(4, Buffer.alloc(3)),
  request({ id: 7, method: 1, body: args(null, true, -1, 1.5, "ü", [{ k: 1 }]) }),
  ping(Buffer.from("last")),
];

/** Welcome, opened, two pongs, four responses, two rejects. */
const answersDue = 10;

const stream = Buffer.concat(said.map(bytesOf));

/** Says `pieces` to a server and returns the frames it answers, in an order of their own: calls are answered in any. */
async function answers(
  t: TestContext,
  ground: Ground,
  { address }: Serving,
  pieces: readonly Buffer[],
): Promise<readonly Buffer[]> {
  const peer = await raw.client(t, address, ground.transport);
  for (const piece of pieces) peer.send(piece);
  const frames: Received[] = [];
  while (frames.length < answersDue) frames.push(await peer.next());
  peer.send(close());
  await peer.expectEnd();
  return frames.map(({ bytes }) => bytes).sort(Buffer.compare);
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

for (const ground of grounds.map((make) => make())) {
  test(`a stream in pieces of one byte is understood as the whole is (${ground.name})`, async (t) => {
    const server = await serving(t, ground, { instance: "s" });
    const whole = await answers(t, ground, server, [stream]);
    const sliced = await answers(
      t,
      ground,
      server,
      Array.from(stream, (_, at) => stream.subarray(at, at + 1)),
    );
    assert.deepEqual(sliced, whole);
  });
}

test("a stream may be cut anywhere", async (t) => {
  const ground = inMemory();
  const server = await serving(t, ground, { instance: "s" });
  const whole = await answers(t, ground, server, [stream]);
  for (let cut = 1; cut < stream.length; cut++) {
    assert.deepEqual(await answers(t, ground, server, cutAt(stream, [cut])), whole, `cut after ${cut} bytes`);
  }
});

test("a stream may be cut in any number of places", async (t) => {
  const ground = inMemory();
  const server = await serving(t, ground, { instance: "s" });
  const whole = await answers(t, ground, server, [stream]);
  const place = fc.integer({ min: 1, max: stream.length - 1 });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(place, { maxLength: 60 }), async (cuts) => {
      assert.deepEqual(await answers(t, ground, server, cutAt(stream, cuts)), whole);
    }),
    { numRuns: 150 },
  );
});

for (const ground of grounds.map((make) => make())) {
  test(`ten thousand calls in one piece are all answered, each with its own answer, and overflow no stack (${ground.name})`, async (t) => {
    const calls = 10_000;
    const { address } = await serving(t, ground, {
      limits: { inFlight: 20_000 },
      handlersRunning: 20_000,
      waitQueueEntries: 20_000,
    });
    const peer = await raw.greeted(t, address, ground.transport);
    const frames = Array.from({ length: calls }, (_, n) => bytesOf(request({ id: n + 2, args: [n, 1] })));
    peer.send(open("Probe", ["add"]), ...frames);
    await peer.expect("opened");
    const seen = new Set<number>();
    for (let n = 0; n < calls; n++) {
      const answer = await peer.expect("response");
      seen.add(answer.id);
      if (n % 997 === 0) assert.deepEqual(answer.body, bodyOf(answer.id - 1));
    }
    assert.equal(seen.size, calls);
  });
}

test("ten thousand frames to be skipped in one piece neither recurse nor hold up the one behind them", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground);
  const peer = await raw.greeted(t, address, ground.transport);
  const skipped = bytesOf({ kind: 0xc0, body: Buffer.alloc(5) });
  peer.send(Buffer.concat(Array.from({ length: 10_000 }, () => skipped)), ping(Buffer.from("behind")));
  await peer.expect("pong", { body: Buffer.from("behind") });
});

test("what was said is what the raw language means: it cuts its own bytes into the frames they were made of", () => {
  const { frames, rest } = cutFrames(stream.subarray(4));
  assert.equal(rest.length, 0);
  assert.equal(frames.length, said.length);
});

/** The encoded sum of `n − 1` and 1, as any writer of MessagePack makes it. */
function bodyOf(n: number): Buffer {
  if (n < 128) return Buffer.from([n]);
  if (n < 256) return Buffer.from([0xcc, n]);
  return Buffer.from([0xcd, n >>> 8, n & 0xff]);
}
