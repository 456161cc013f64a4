import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { connect, type RpcError, type ServeSettings } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { apart, streamsOf } from "../streams/ground/apart.js";
import { readAll } from "../streams/ground/items.js";
import { type StreamHandlers, StreamsService } from "../streams/ground/service.js";
import { atEnd } from "./ground/at-end.js";
import { failed } from "./ground/failed.js";
import { inMemory } from "./ground/grounds.js";
import { until } from "./ground/until.js";
import { u32 } from "./raw/bytes.js";
import { bytesOf, cancel, type Frame, faultBody, open, opened, ping, request, welcome } from "./raw/frames.js";
import { msgpack } from "./raw/msgpack.js";
import { flagBits } from "./raw/numbers.js";
import type { RawPeer } from "./raw/peer.js";
import { raw } from "./raw/raw.js";

/** Offers streams, with little credit of its own unless something else is said. */
const streaming = (streamCredit = 1_000, connectionCredit = 1_000_000) => ({
  features: 4,
  limits: [4_194_304, 1_024, 16_777_216, 1_024, streamCredit, connectionCredit],
});

const item = (id: number, body: Buffer, { target = 0, flags = 0 } = {}): Frame => ({
  kind: "item",
  id,
  target,
  flags,
  body,
});
const credit = (id: number, bytes: number, target = 0): Frame => ({ kind: "credit", id, target, body: u32(bytes) });
const end = (id: number, target = 0): Frame => ({ kind: "end", id, target });
/** A request whose argument in place 0 is a stream. */
const streamed = (id: number, method: number): Frame =>
  request({ id, method, body: Buffer.concat([Buffer.from([1, 0]), msgpack([null])]) });

const give = 0;
const take = 1;

/** A raw client of a real server, that has opened its service; its requests are from id 2 on. */
async function client(
  t: TestContext,
  handlers: StreamHandlers,
  hello = streaming(),
  serving: Partial<ServeSettings> = {},
) {
  const { ground, server, clock } = await apart(t, handlers, { serving });
  const peer = await raw.greeted(t, server.address, ground.transport, hello);
  peer.send(open("test.Streams", ["give", "take"]));
  const { opened } = await peer.expect("opened");
  const indexOf = (name: string): number => opened!.methods.find((method) => method.name === name)!.index;
  return { peer, server, clock, indices: [indexOf("give"), indexOf("take")] as const };
}

/** A handler that reads nothing, and does not return before the test is over. */
function unread(t: TestContext): () => Promise<unknown> {
  let done = (): void => {};
  const until = new Promise<void>((resolve) => {
    done = resolve;
  });
  t.after(() => done());
  return () => until;
}

async function closes(peer: RawPeer, reason: string): Promise<void> {
  for (;;) {
    const received = await peer.next(reason);
    if (received.kind !== "close") continue;
    assert.equal(received.fault?.reason, reason);
    return;
  }
}

describe("a client that breaks the rules of streams loses its connection", () => {
  const takes = (t: TestContext): StreamHandlers => ({ take: unread(t) });
  const cases: Readonly<
    Record<string, readonly [reason: string, say: (method: number) => readonly (Frame | Buffer)[]]>
  > = {
    "an item above the stream's credit": [
      "CREDIT_EXCEEDED",
      (m) => [streamed(2, m), item(2, Buffer.alloc(1_013), { target: 1 })],
    ],
    "the last of many small items that together are above it": [
      "CREDIT_EXCEEDED",
      (m) => [
        streamed(2, m),
        Buffer.concat(Array.from({ length: 79 }, () => bytesOf(item(2, Buffer.from([1]), { target: 1 })))),
      ],
    ],
    "late items of calls that are over, above the connection's credit in one go": [
      "CREDIT_EXCEEDED",
      (m) => [
        streamed(2, m),
        ...Array.from({ length: 65 }, (_, n) => streamed(n + 3, m)),
        ...Array.from({ length: 66 }, (_, n) => item(n + 2, Buffer.alloc(65_536), { target: 1 })),
      ],
    ],
    "an item of a stream that the call has not": [
      "UNKNOWN_STREAM",
      (m) => [streamed(2, m), item(2, Buffer.from([1]), { target: 2 })],
    ],
    "an item of the result": ["UNKNOWN_STREAM", (m) => [streamed(2, m), item(2, Buffer.from([1]))]],
    "an end of a stream that the call has not": ["UNKNOWN_STREAM", (m) => [streamed(2, m), end(2, 7)]],
    "an item of a call that was never made": ["UNKNOWN_ID", () => [item(9, Buffer.from([1]), { target: 1 })]],
    "credit for a call that was never made": ["UNKNOWN_ID", () => [credit(9, 1_000)]],
    "an end of a call that was never made": ["UNKNOWN_ID", () => [end(9, 1)]],
    "credit that is no number": ["MALFORMED_FRAME", () => [{ kind: "credit", body: Buffer.from([1, 2]) }]],
    "a part that is cut within its length": [
      "MALFORMED_FRAME",
      (m) => [streamed(2, m), item(2, Buffer.from([1, 2]), { target: 1, flags: flagBits.more })],
    ],
    "more of an item than was announced": [
      "WRONG_LENGTH",
      (m) => [
        streamed(2, m),
        item(2, Buffer.concat([u32(10), Buffer.alloc(5)]), { target: 1, flags: flagBits.more }),
        item(2, Buffer.alloc(6), { target: 1 }),
      ],
    ],
    "less of an item than was announced": [
      "WRONG_LENGTH",
      (m) => [
        streamed(2, m),
        item(2, Buffer.concat([u32(10), Buffer.alloc(5)]), { target: 1, flags: flagBits.more }),
        item(2, Buffer.alloc(4), { target: 1 }),
      ],
    ],
    "an end within an item": [
      "WRONG_LENGTH",
      (m) => [
        streamed(2, m),
        item(2, Buffer.concat([u32(10), Buffer.alloc(5)]), { target: 1, flags: flagBits.more }),
        end(2, 1),
      ],
    ],
  };
  for (const [what, [reason, say]] of Object.entries(cases)) {
    test(what, async (t) => {
      const { peer, indices } = await client(t, takes(t));
      peer.send(...say(indices[take]!));
      await closes(peer, reason);
    });
  }

  for (const [what, id] of [
    ["a stream", 2],
    ["the connection", 0],
  ] as const) {
    test(`credit of ${what} above 2^31 − 1 in sum`, async (t) => {
      const { peer, indices } = await client(t, { give: () => unreadItems() });
      peer.send(request({ id: 2, method: indices[give]!, args: [] }));
      await peer.expect("response", { id: 2 });
      peer.send(credit(id, 0x7fff_0000), credit(id, 0x7fff_0000));
      await closes(peer, "CREDIT_OVERFLOW");
    });
  }

  test("credit in crumbs, ten thousand times a second", async (t) => {
    const { peer, indices } = await client(t, { give: () => unreadItems() });
    peer.send(request({ id: 2, method: indices[give]!, args: [] }));
    await peer.expect("response", { id: 2 });
    peer.pieces(Buffer.concat(Array.from({ length: 10_001 }, () => bytesOf(credit(2, 1)))), 16_384);
    await closes(peer, "ENHANCE_YOUR_CALM");
  });
});

/** Yields nothing before it is ended. */
function unreadItems(): AsyncIterable<unknown> {
  let stop = (_: IteratorResult<unknown>): void => {};
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<IteratorResult<unknown>>((resolve) => (stop = resolve)),
      return: async () => {
        stop({ done: true, value: undefined });
        return { done: true, value: undefined };
      },
    }),
  };
}

describe("what comes too late does no harm", () => {
  test("items, ends and credit of a call that is over are passed over, and the connection's credit is given back for them", async (t) => {
    const { peer, indices } = await client(t, { take: async () => "at once" });
    peer.send(streamed(2, indices[take]!));
    await peer.expect("response", { id: 2, value: "at once" });
    for (let sent = 0; sent < 12; sent++) peer.send(item(2, Buffer.alloc(65_500), { target: 1 }));
    const { body } = await peer.expect("credit", { id: 0 });
    assert.ok(body.readUInt32BE() >= 524_288);
    peer.send(end(2, 1), credit(2, 1_000), cancel(2), ping());
    await peer.expect("pong");
  });

  test("items behind the end of their stream are passed over", async (t) => {
    const { peer, indices } = await client(t, { take: async (items) => (await readAll(items)).items });
    peer.send(
      streamed(2, indices[take]!),
      item(2, Buffer.from([1]), { target: 1 }),
      end(2, 1),
      item(2, Buffer.from([2]), { target: 1 }),
    );
    await peer.expect("response", { id: 2, value: [1] });
    peer.send(ping());
    await peer.expect("pong");
  });
});

describe("a peer that takes little", () => {
  test("is sent what it has credit for and no byte more, however small the pieces have to be", async (t) => {
    const { peer, indices } = await client(
      t,
      {
        async *give() {
          yield "x".repeat(5_000);
          yield "end";
        },
      },
      streaming(200, 300),
    );
    peer.send(request({ id: 2, method: indices[give]!, args: [] }));
    await peer.expect("response", { id: 2 });
    let granted = 200;
    let taken = 0;
    let connection = 300;
    const bodies: Buffer[] = [];
    for (let ended = false; !ended; ) {
      const received = await peer.next();
      if (received.kind === "end") {
        ended = true;
        continue;
      }
      assert.equal(received.kind, "item");
      taken += received.bytes.length;
      bodies.push(received.body);
      assert.ok(taken <= granted && taken <= connection, `${taken} of ${granted} and ${connection}`);
      if (granted - taken < 128) {
        peer.send(credit(2, 150), credit(0, 150));
        granted += 150;
        connection += 150;
      }
    }
    assert.ok(bodies.length > 30);
  });

  test("and that gives no credit of the connection holds up its streams, and nothing else", async (t) => {
    const { peer, indices, server } = await client(
      t,
      {
        async *give() {
          for (;;) yield "some text";
        },
      },
      streaming(100_000, 500),
    );
    peer.send(request({ id: 2, method: indices[give]!, args: [] }));
    peer.send(request({ id: 3, method: indices[give]!, args: [] }));
    await until("its credit is used up", () => (streamsOf(server)["creditBytes"] ?? 1_000) < 128);
    peer.send(ping());
    for (let next = await peer.next(); next.kind !== "pong"; next = await peer.next());
    peer.send(cancel(2), cancel(3));
    await until("both were left", () => streamsOf(server)["open"] === 0);
  });
});

describe("a request with streams", () => {
  for (const [what, body] of [
    ["no count", Buffer.alloc(0)],
    ["a count and too few places", Buffer.from([3, 0])],
    ["places out of order", Buffer.concat([Buffer.from([2, 1, 0]), msgpack([null, null])])],
    ["a place that is not there", Buffer.concat([Buffer.from([1, 9]), msgpack([null])])],
  ] as const) {
    test(`that has ${what} is rejected, and its connection lives`, async (t) => {
      const { peer, indices, server } = await client(t, { take: async () => 1 });
      peer.send(request({ id: 2, method: indices[take]!, body }));
      await peer.expect("reject", { id: 2, code: "invalid_argument", reason: "MALFORMED" });
      peer.send(ping());
      await peer.expect("pong");
      assert.equal(streamsOf(server)["open"], 0);
    });
  }

  test("is turned away above limits.streams, from one that does not count", async (t) => {
    const { peer, indices } = await client(t, { take: unread(t) }, streaming(), { limits: { streams: 2 } });
    peer.send(streamed(2, indices[take]!), streamed(3, indices[take]!), streamed(4, indices[take]!));
    await peer.expect("reject", { id: 4, code: "resource_exhausted", reason: "STREAM_LIMIT", processed: "no" });
  });

  test("where streams were not agreed is rejected", async (t) => {
    const { peer, indices } = await client(t, {}, { features: 0, limits: streaming().limits });
    peer.send(request({ id: 2, method: indices[give]!, args: [] }));
    await peer.expect("reject", { id: 2, code: "unimplemented", reason: "NO_STREAMS" });
  });
});

/** A real client of a raw server whose \`give\` it has called, under id 2. */
async function asked(t: TestContext) {
  const ground = inMemory();
  const server = await raw.server(t, ground.listen, ground.transport);
  const clock = createManualClock();
  const connector = connect({ address: server.address, transports: ground.transports, clock, retry: false });
  atEnd(t, () => connector.close());
  const stream = connector.client(StreamsService).give();
  const peer = await server.accept();
  await peer.expect("hello");
  peer.send(welcome(streaming()));
  await peer.expect("open");
  peer.send(opened(1, [{ name: "give", index: 0, kind: 1 }]));
  await peer.expect("request", { id: 2 });
  return { peer, stream, connector };
}

const responded: Frame = { kind: "response", id: 2 };

describe("a server that breaks the rules of streams loses its connection", () => {
  const cases: Readonly<Record<string, readonly [reason: string, frames: readonly Frame[]]>> = {
    "an item before the result is open": ["UNKNOWN_STREAM", [item(2, Buffer.from([1]))]],
    "an end before the result is open": ["UNKNOWN_STREAM", [end(2)]],
    "an item of an argument": ["UNKNOWN_STREAM", [responded, item(2, Buffer.from([1]), { target: 1 })]],
    "a result that is opened twice": ["UNEXPECTED_FRAME", [responded, responded]],
    "an item above its credit": ["CREDIT_EXCEEDED", [responded, item(2, Buffer.alloc(1_013))]],
    "an end of a call that was never made": ["UNKNOWN_ID", [end(9)]],
  };
  for (const [what, [reason, frames]] of Object.entries(cases)) {
    test(what, async (t) => {
      const { peer, stream } = await asked(t);
      const next = failed(stream.next());
      peer.send(...frames);
      await closes(peer, reason);
      assert.equal((await next).reason, reason);
    });
  }

  test("an item that cannot be decoded fails its stream alone, behind those before it, and the server is told", async (t) => {
    const { peer, stream } = await asked(t);
    peer.send(responded, item(2, Buffer.from([1])), item(2, Buffer.from([0xc1])), item(2, Buffer.from([3])));
    const { items, thrown } = await readAll(stream);
    assert.deepEqual(items, [1]);
    assert.equal((thrown as RpcError).reason, "MALFORMED");
    await peer.expect("cancel", { id: 2 });
    peer.send(item(2, Buffer.from([4])), ping());
    await peer.expect("pong");
  });

  test("an item that is announced above limits.messageBytes fails its stream, unread", async (t) => {
    const { peer, stream } = await asked(t);
    peer.send(responded, item(2, Buffer.concat([u32(5_000_000), Buffer.alloc(100)]), { flags: flagBits.more }));
    assert.equal((await failed(stream.next())).reason, "MESSAGE_TOO_LARGE");
    await peer.expect("cancel", { id: 2 });
    peer.send(item(2, Buffer.alloc(100), { flags: flagBits.more }), ping());
    await peer.expect("pong");
  });

  test("an error within a long item loses that item, and arrives", async (t) => {
    const { peer, stream } = await asked(t);
    peer.send(responded, item(2, Buffer.from([1])));
    peer.send(item(2, Buffer.concat([u32(10), Buffer.alloc(5)]), { flags: flagBits.more }));
    peer.send({ kind: "error", id: 2, target: 5, body: faultBody({ processed: "yes", reason: "GONE" }) });
    const { items, thrown } = await readAll(stream);
    assert.deepEqual([items, (thrown as RpcError).reason, (thrown as RpcError).code], [[1], "GONE", "not_found"]);
  });
});
