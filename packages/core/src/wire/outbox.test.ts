import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import test from "node:test";
import fc from "fast-check";
import { createManualClock } from "../testing/manual-clock.js";
import { FrameReader } from "./frame-reader.js";
import { Flag, Kind, maxFrameBytes } from "./header.js";
import { Outbox } from "./outbox.js";
import { preface } from "./preface.js";

/** A stream whose writes end when the test says so, and which sees whether a buffer was changed before that. */
class SlowStream extends Duplex {
  readonly writes: Buffer[] = [];
  /** Whether the next write ends at once, as one does that a socket has room for. */
  atOnce = (): boolean => false;
  readonly #ends: (() => void)[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#begin([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#begin(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  /** Whether a write is under way. */
  get busy(): boolean {
    return this.#ends.length > 0;
  }

  /** Ends the write that is under way. */
  endWrite(): void {
    this.#ends.shift()?.();
  }

  #begin(parts: Buffer[], done: () => void): void {
    const before = Buffer.concat(parts);
    this.writes.push(before);
    if (this.atOnce()) {
      done();
      return;
    }
    this.#ends.push(() => {
      assert.ok(Buffer.concat(parts).equals(before), "a page was used again before it had been sent");
      done();
    });
  }
}

function sending({ highWaterBytes = 1_048_576, longWaterBytes = 1_048_576 } = {}) {
  const clock = createManualClock();
  const stream = new SlowStream();
  let rooms = 0;
  const outbox = new Outbox({
    stream,
    clock,
    reusesPages: true,
    highWaterBytes,
    longWaterBytes,
    onRoom: () => rooms++,
  });
  /** Lets the turn end, and every write until nothing is left. */
  const flush = async (): Promise<void> => {
    await clock.settle();
    while (stream.busy) {
      stream.endWrite();
      await clock.settle();
    }
  };
  return { clock, stream, outbox, flush, rooms: () => rooms };
}

/** Puts a whole frame in, its body written as a codec would. */
function put(outbox: Outbox, kind: number, id: number, body: Buffer, pieces = 1): void {
  outbox.begin(kind, 0, 0, id);
  outbox.body();
  const size = Math.max(1, Math.ceil(body.length / pieces));
  for (let at = 0; at < body.length; at += size) {
    const piece = body.subarray(at, at + size);
    outbox.reserve(piece.length);
    outbox.position += piece.copy(outbox.bytes, outbox.position);
  }
  outbox.end();
}

interface Message {
  readonly kind: number;
  readonly id: number;
  readonly body: Buffer;
}

/** Reads frames back and puts long messages together again; also the most that was begun and not ended at once. */
function readBack(bytes: Buffer) {
  const messages: Message[] = [];
  const begun = new Map<number, { kind: number; total: number; parts: Buffer[] }>();
  const order: number[] = [];
  let most = 0;
  const reader = new FrameReader({
    frame(kind, flags, _target, id, at, start, end) {
      const more = (flags & Flag.more) !== 0;
      if (kind !== Kind.chunk) {
        order.push(id);
        if (!more) {
          messages.push({ kind, id, body: Buffer.from(at.subarray(start, end)) });
          return;
        }
        begun.set(id, { kind, total: at.readUInt32BE(start), parts: [Buffer.from(at.subarray(start + 4, end))] });
        most = Math.max(
          most,
          [...begun.values()].reduce((sum, { total }) => sum + total, 0),
        );
        return;
      }
      const message = begun.get(id);
      assert.ok(message, "a chunk follows its beginning");
      message.parts.push(Buffer.from(at.subarray(start, end)));
      if (more) return;
      begun.delete(id);
      const body = Buffer.concat(message.parts);
      assert.equal(body.length, message.total);
      messages.push({ kind: message.kind, id, body });
    },
  });
  reader.push(Buffer.concat([preface, bytes]));
  assert.equal(reader.heldBytes, 0, "no frame is left half written");
  return { messages, order, most, unended: begun.size };
}

const patterned = (size: number, seed: number): Buffer => {
  const body = Buffer.alloc(size, seed & 0xff);
  if (size >= 4) body.writeUInt32BE(seed, size - 4);
  return body;
};

test("whatever is put in, in whatever sizes, arrives whole and in order, and what was taken back never does", async () => {
  const size = fc.oneof(fc.nat(200), fc.nat(9_000), fc.integer({ min: 65_400, max: 65_700 }), fc.nat(300_000));
  const step = fc.record({
    size,
    pieces: fc.integer({ min: 1, max: 9 }),
    kind: fc.constantFrom(Kind.request, Kind.response),
    fate: fc.constantFrom("end", "end", "end", "rollback", "turn", "take"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { outbox, stream, clock, flush } = sending();
      const expected: Message[] = [];
      for (const [at, { size, pieces, kind, fate }] of steps.entries()) {
        const id = at + 1;
        const body = patterned(size, id);
        if (fate === "rollback") {
          outbox.begin(kind, 0, 0, id);
          outbox.body();
          outbox.reserve(size);
          outbox.position += body.copy(outbox.bytes, outbox.position);
          outbox.rollback();
        } else {
          put(outbox, kind, id, body, pieces);
          expected.push({ kind, id, body });
        }
        if (fate === "turn") await clock.settle();
        if (fate === "take") stream.endWrite();
      }
      await flush();
      const { messages, order, unended } = readBack(Buffer.concat(stream.writes));
      const byId = (a: Message, b: Message): number => a.id - b.id;
      assert.deepEqual(messages.sort(byId), expected);
      assert.equal(unended, 0);
      const requests = order.filter((id) => steps[id - 1]?.kind === Kind.request);
      assert.deepEqual(
        requests,
        [...requests].sort((a, b) => a - b),
        "requests begin in the order of their ids",
      );
      assert.ok(outbox.empty);
    }),
    { numRuns: 120 },
  );
});

test("what is said in one turn leaves in one write, and what is said during a write in the next one", async () => {
  const { outbox, stream, clock } = sending();
  for (let id = 1; id <= 100; id++) put(outbox, Kind.request, id, patterned(20, id));
  await clock.settle();
  assert.equal(outbox.writes, 1);
  for (let id = 101; id <= 300; id++) {
    put(outbox, Kind.request, id, patterned(20, id));
    await clock.settle();
  }
  assert.equal(outbox.writes, 1);
  stream.endWrite();
  await clock.settle();
  assert.equal(outbox.writes, 2);
  assert.equal(readBack(Buffer.concat(stream.writes)).messages.length, 300);
});

test("the preface comes first and once, whoever asks for it", async () => {
  const { outbox, stream, flush } = sending();
  outbox.preface();
  outbox.preface();
  outbox.frame(Kind.ping, 0, 0, 0);
  outbox.preface();
  await flush();
  assert.equal(Buffer.concat(stream.writes).toString("hex"), `${preface.toString("hex")}0f0000000000000000000000`);
});

test("above its high water it says full, and says once when it no longer is", async () => {
  const { outbox, stream, clock, flush, rooms } = sending({ highWaterBytes: 10_000 });
  put(outbox, Kind.response, 1, patterned(9_000, 1));
  assert.equal(outbox.full, false);
  put(outbox, Kind.response, 2, patterned(9_000, 2));
  assert.equal(outbox.full, true);
  await clock.settle();
  assert.equal(rooms(), 0);
  await flush();
  assert.equal(rooms(), 1);
  assert.equal(outbox.full, false);
  put(outbox, Kind.response, 3, patterned(10, 3));
  await flush();
  assert.equal(rooms(), 1);
  assert.equal(stream.busy, false);
});

test("a long message that takes its turns holds up nobody; one that the socket does not take does, and so does what is above all bounds", async () => {
  const { outbox, stream, clock, rooms } = sending({ highWaterBytes: 1_048_576, longWaterBytes: 5_000_000 });
  put(outbox, Kind.response, 1, patterned(3_000_000, 1));
  assert.equal(outbox.full, false, "only its turns are waited for");
  await clock.settle();
  assert.ok(stream.busy);
  assert.equal(outbox.full, false, "the socket has had no time yet");
  await clock.advance(20);
  assert.equal(outbox.full, true, "the peer does not read");
  stream.endWrite();
  await clock.settle();
  assert.equal(rooms(), 1);
  assert.equal(outbox.full, false);
  put(outbox, Kind.response, 2, patterned(2_500_000, 2));
  assert.equal(outbox.full, true, "there is a bound, too");
  outbox.close();
});

test("short frames pass long messages, so that a ping or a small answer waits for two chunks and not for megabytes", async () => {
  const { outbox, stream, flush } = sending();
  put(outbox, Kind.response, 1, patterned(3_000_000, 1));
  await flushOnce(stream);
  put(outbox, Kind.response, 2, patterned(10, 2));
  await flush();
  const { order, messages } = readBack(Buffer.concat(stream.writes));
  assert.deepEqual(order, [1, 2]);
  assert.deepEqual(
    messages.map(({ id }) => id),
    [2, 1],
  );
  const at = Buffer.concat(stream.writes).indexOf(patterned(10, 2));
  assert.ok(at < 6 * maxFrameBytes, `the short answer left after ${at} bytes`);
});

test("a long message takes its turns: two parts in each, so that what is short is read and answered between them", async () => {
  const clock = createManualClock();
  const stream = new SlowStream();
  const turns: (() => void)[] = [];
  const outbox = new Outbox({
    stream,
    clock: {
      now: () => clock.now(),
      setTimer: (run, delayMs) => clock.setTimer(run, delayMs),
      atEndOfTurn: (run) => clock.atEndOfTurn(run),
      afterReads: (run) => void turns.push(run),
    },
    highWaterBytes: 1_048_576,
    onRoom: () => {},
  });
  put(outbox, Kind.response, 1, patterned(1_000_000, 1));
  await clock.settle();
  stream.endWrite();
  await clock.settle();
  assert.deepEqual(
    stream.writes.map(({ length }) => length),
    [2 * (maxFrameBytes + 12)],
    "the socket has taken it, and no more is written in this turn",
  );
  put(outbox, Kind.response, 2, patterned(10, 2));
  await clock.settle();
  assert.equal(stream.writes[1]?.length, 22, "what is short leaves at once and alone");
  stream.endWrite();
  await clock.settle();
  assert.equal(stream.writes.length, 2);
  turns.shift()?.();
  assert.equal(stream.writes[2]?.length, 2 * (maxFrameBytes + 12));
  outbox.finish();
  while (stream.busy || turns.length > 0) {
    stream.endWrite();
    await clock.settle();
    turns.shift()?.();
    await clock.settle();
  }
  assert.equal(readBack(Buffer.concat(stream.writes)).messages.length, 2, "finishing waits for all of its parts");
});

async function flushOnce(stream: SlowStream): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  stream.endWrite();
  await new Promise((resolve) => setImmediate(resolve));
}

test("long answers begin only while all that were begun fit into what the peer takes, and one alone always may", async () => {
  const { outbox, stream, flush } = sending();
  outbox.partialBytes = 500_000;
  for (let id = 1; id <= 6; id++) put(outbox, Kind.response, id, patterned(200_000, id));
  put(outbox, Kind.response, 7, patterned(900_000, 7));
  await flush();
  const { messages, most } = readBack(Buffer.concat(stream.writes));
  assert.equal(messages.length, 7);
  assert.ok(most <= 900_000);
  const small = sending();
  small.outbox.partialBytes = 500_000;
  for (let id = 1; id <= 6; id++) put(small.outbox, Kind.response, id, patterned(200_000, id));
  await small.flush();
  assert.ok(readBack(Buffer.concat(small.stream.writes)).most <= 500_000);
});

test("a request that may not begin yet says so before it is ended, and the outbox says when to ask again", async () => {
  const { outbox, flush, rooms } = sending();
  outbox.partialBytes = 300_000;
  put(outbox, Kind.request, 1, patterned(200_000, 1));
  const body = patterned(200_000, 2);
  outbox.begin(Kind.request, 0, 0, 2);
  outbox.body();
  outbox.reserve(body.length);
  outbox.position += body.copy(outbox.bytes, outbox.position);
  assert.equal(outbox.mayEnd, false);
  assert.ok(outbox.takeBody().equals(body));
  outbox.rollback();
  assert.equal(outbox.mayBegin(50_000), true);
  assert.equal(outbox.mayBegin(200_000), false);
  await flush();
  assert.ok(rooms() >= 1);
  assert.equal(outbox.mayBegin(200_000), true);
});

test("a long message that is taken back before any of it left was never said; after that, its rest is not", async () => {
  const { outbox, stream, clock, flush } = sending();
  put(outbox, Kind.response, 1, patterned(200_000, 1));
  assert.equal(outbox.withdraw(1, Kind.response), false);
  put(outbox, Kind.request, 2, patterned(400_000, 2));
  await clock.settle();
  assert.equal(outbox.withdraw(2, Kind.request), true);
  assert.equal(outbox.withdraw(3, Kind.request), true, "what was short has left, as far as anybody knows");
  await flush();
  const { messages, unended, order } = readBack(Buffer.concat(stream.writes));
  assert.deepEqual([messages.length, unended, order], [0, 1, [2]]);
  assert.ok(outbox.empty);
});

test("a message above what the peer takes is refused at the byte, and leaves no trace", async () => {
  for (const [limit, size, fits] of [
    [100_000, 100_000, true],
    [100_000, 100_001, false],
    [4_194_304, 4_194_304, true],
    [4_194_304, 4_194_305, false],
  ] as const) {
    const { outbox, stream, flush } = sending();
    outbox.messageBytes = limit;
    outbox.frame(Kind.ping, 0, 0, 0);
    if (fits) {
      put(outbox, Kind.response, 1, patterned(size, 1), 7);
    } else {
      assert.throws(() => put(outbox, Kind.response, 1, patterned(size, 1), 7), {
        reason: "MESSAGE_TOO_LARGE",
        processed: "no",
      });
      outbox.rollback();
    }
    outbox.frame(Kind.pong, 0, 0, 0);
    await flush();
    const { messages } = readBack(Buffer.concat(stream.writes));
    assert.equal(messages.length, fits ? 3 : 2);
  }
});

test("a codec that reserves more than it writes is not refused for it", async () => {
  const { outbox, stream, flush } = sending();
  outbox.messageBytes = 300_000;
  outbox.begin(Kind.response, 0, 0, 1);
  outbox.body();
  const body = patterned(299_000, 1);
  // Three bytes for each character of a text that turns out to be ASCII.
  outbox.reserve(body.length * 3);
  outbox.position += body.copy(outbox.bytes, outbox.position);
  outbox.end();
  await flush();
  assert.ok(readBack(Buffer.concat(stream.writes)).messages[0]?.body.equals(body));
});

/** Puts a whole item in, its body written as a codec would. */
function putItem(outbox: Outbox, id: number, body: Buffer): void {
  outbox.beginItem(0, 0, id, body.length);
  outbox.reserve(body.length);
  outbox.position += body.copy(outbox.bytes, outbox.position);
  if (outbox.bodyBytes <= maxFrameBytes) outbox.endItem();
  else outbox.endItemInTwo(0, 0, id);
}

test("items arrive whole and in order, whichever writes end at once, and no page is used again before it has been sent", async () => {
  const size = fc.oneof(
    fc.nat(300),
    fc.integer({ min: 10_000, max: 20_000 }),
    fc.integer({ min: 60_000, max: 66_000 }),
  );
  const step = fc.record({ size, fate: fc.constantFrom("on", "on", "on", "turn", "take", "waits") });
  const ends = fc.array(fc.boolean(), { minLength: 1, maxLength: 7 });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), ends, async (steps, atOnce) => {
      const { outbox, stream, clock, flush } = sending();
      let write = 0;
      stream.atOnce = () => atOnce[write++ % atOnce.length]!;
      const expected: Buffer[] = [];
      for (const [at, { size, fate }] of steps.entries()) {
        const body = patterned(size, at + 1);
        expected.push(body);
        if (fate === "waits") {
          outbox.beginItem(0, 0, at + 1, body.length);
          outbox.reserve(body.length);
          outbox.position += body.copy(outbox.bytes, outbox.position);
          const waiting = outbox.detach();
          const half = waiting.body.length >> 1;
          outbox.part(Flag.more, 0, at + 1, Buffer.alloc(4), waiting.body.subarray(0, half));
          await clock.settle();
          outbox.part(0, 0, at + 1, Buffer.alloc(0), waiting.body.subarray(half), waiting.page);
        } else {
          putItem(outbox, at + 1, body);
        }
        if (fate === "turn") await clock.settle();
        if (fate === "take") stream.endWrite();
      }
      await flush();
      const got: Buffer[][] = steps.map(() => []);
      let begun = 0;
      const reader = new FrameReader({
        frame(_kind, flags, _target, id, bytes, start, end) {
          // A first part begins with the field that says how long the item is.
          const first = (flags & Flag.more) !== 0;
          got[id - 1]!.push(Buffer.from(bytes.subarray(first ? start + 4 : start, end)));
          assert.ok(id >= begun);
          begun = id;
        },
      });
      reader.push(preface);
      reader.push(Buffer.concat(stream.writes));
      for (const [at, body] of expected.entries()) assert.ok(Buffer.concat(got[at]!).equals(body), `item ${at + 1}`);
      assert.ok(outbox.empty);
      assert.equal(outbox.itemBytes, 0);
    }),
    { numRuns: 20 },
  );
});

test("long items that the socket takes at once are gone at once: a producer waits for no turn of the event loop between them", async () => {
  const { outbox, stream, flush } = sending();
  stream.atOnce = () => true;
  for (let id = 1; id <= 8; id++) putItem(outbox, id, Buffer.alloc(65_541, id));
  assert.equal(stream.writes.length, 4);
  assert.equal(outbox.itemBytes, 0);
  stream.atOnce = () => false;
  for (let id = 9; id <= 12; id++) putItem(outbox, id, Buffer.alloc(65_541, id));
  assert.equal(stream.writes.length, 5, "while a write is under way the next one gathers");
  assert.ok(outbox.itemBytes > 4 * 65_541);
  await flush();
  assert.ok(outbox.empty);
  assert.equal(outbox.itemBytes, 0);
});

test("what waits for credit lies in memory that is lent again only once its last part has left, and is garbage nowhere", async () => {
  const { outbox, stream, clock, flush } = sending();
  const bodies = Array.from({ length: 6 }, (_, index) => Buffer.alloc(50_000 + 4_000 * index, index + 1));
  const lent = new Set<ArrayBufferLike>();
  for (const body of bodies) {
    outbox.beginItem(0, 0, 1, body.length);
    outbox.reserve(body.length);
    outbox.position += body.copy(outbox.bytes, outbox.position);
    const { body: waiting, page } = outbox.detach();
    lent.add(page!.buffer);
    for (let at = 0; at < waiting.length; at += 20_000) {
      const last = at + 20_000 >= waiting.length;
      const part = waiting.subarray(at, at + 20_000);
      outbox.part(last ? 0 : Flag.more, 0, 1, Buffer.alloc(0), part, last ? page : undefined);
      await clock.settle();
      // Some writes end at once, others while later items are written.
      if (at === 0) stream.endWrite();
    }
  }
  await flush();
  const sent = Buffer.concat(stream.writes);
  const bytes: number[] = bodies.map(() => 0);
  let last = 0;
  const reader = new FrameReader({
    frame(_kind, _flags, _target, _id, source, start, end) {
      for (let at = start; at < end; at++) {
        assert.ok(source[at]! >= last);
        last = source[at]!;
        bytes[last - 1]!++;
      }
    },
  });
  reader.push(preface);
  reader.push(sent);
  assert.deepEqual(
    bytes,
    bodies.map(({ length }) => length),
  );
  // One item's page is taken again for a later one.
  assert.ok(lent.size < bodies.length, `${lent.size} pages`);
});

test("frames that are asked for while another is being written follow it, and do not cut it in two", async () => {
  const { outbox, stream, flush } = sending();
  outbox.begin(Kind.request, 0, 0, 1);
  outbox.body();
  outbox.reserve(8);
  outbox.position += outbox.bytes.write("half", outbox.position);
  assert.equal(outbox.open, true);
  outbox.frame(Kind.cancel, 0, 0, 9);
  outbox.frame(Kind.ping, 0, 0, 0, Buffer.from("deferred"));
  outbox.position += outbox.bytes.write("half", outbox.position);
  outbox.end();
  assert.equal(outbox.open, false);
  await flush();
  const { messages } = readBack(Buffer.concat(stream.writes));
  assert.deepEqual(
    messages.map(({ kind, body }) => [kind, body.toString()]),
    [
      [Kind.request, "halfhalf"],
      [Kind.cancel, ""],
      [Kind.ping, "deferred"],
    ],
  );
});

test("an outbox that is closed writes no more and holds nothing", async () => {
  const { outbox, stream, clock } = sending();
  put(outbox, Kind.response, 1, patterned(200_000, 1));
  put(outbox, Kind.response, 2, patterned(10, 2));
  outbox.close();
  await clock.settle();
  assert.equal(stream.writes.length, 0);
  assert.ok(outbox.empty);
});

test("an outbox that finishes sends all it has, long messages too, and then ends the stream", async () => {
  const { outbox, stream, flush } = sending();
  let ended = false;
  stream.on("finish", () => {
    ended = true;
  });
  put(outbox, Kind.response, 1, patterned(400_000, 1));
  outbox.frame(Kind.close, 0, 14, 0);
  outbox.finish();
  await flush();
  const { messages } = readBack(Buffer.concat(stream.writes));
  assert.equal(messages.length, 2);
  assert.equal(ended, true);
});
