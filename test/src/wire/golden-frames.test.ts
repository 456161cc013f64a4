import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test, { type TestContext } from "node:test";
import {
  bind,
  type Contracts,
  defineService,
  messagePack,
  oneway,
  type Reply,
  RpcError,
  type Sink,
  tokens,
  withOptions,
} from "@rpc/core";
import { type ArithServer, arithClient, arithServer, DividedByZero } from "./golden/arith.js";
import { golden, goldenLines, unasked } from "./golden/document.js";
import { ticksClient, ticksServer } from "./golden/ticks.js";
import { readValues, writtenValues } from "./golden/values.js";
import { until } from "./ground/until.js";
import type { RawPeer } from "./raw/peer.js";
import { raw } from "./raw/raw.js";

const MissingService = defineService<{ go(): void }>("Missing", { go: {} });
const longText = "x".repeat(140_000);
const refused = async (call: Promise<unknown>): Promise<RpcError> => {
  const thrown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof RpcError, `rejects with an RpcError, not ${String(thrown)}`);
  return thrown;
};

/** Takes the next frames, which are these, byte for byte. */
async function takes(peer: RawPeer, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const wanted = golden(name);
    let { bytes } = await peer.next(name);
    while (bytes.length < wanted.length && bytes.equals(wanted.subarray(0, bytes.length)))
      bytes = Buffer.concat([bytes, (await peer.next(name)).bytes]);
    if (bytes.equals(wanted)) continue;
    const at = wanted.findIndex((byte, index) => bytes[index] !== byte);
    const around = (all: Buffer): string => all.subarray(Math.max(0, at - 16), at + 16).toString("hex");
    assert.equal(around(bytes), around(wanted), `${name}: differs at byte ${at}`);
    assert.equal(bytes.length, wanted.length, `${name}: has another length`);
  }
}

const says = (peer: RawPeer, ...names: readonly string[]): RawPeer => peer.send(...names.map(golden));

/** Dials as the document's dialler does, up to the welcome. */
async function dials({ ground, server }: ArithServer, t: TestContext): Promise<RawPeer> {
  const peer = await raw.client(t, server.address, ground.transport);
  says(peer, "preface", "hello");
  await takes(peer, "welcome");
  assert.deepEqual(peer.received.subarray(0, 4), golden("preface"));
  return peer;
}

/** Accepts as the document's acceptor does, up to the opened service. */
async function accepts(peer: RawPeer, opened = "opened"): Promise<void> {
  await takes(peer, "hello");
  assert.deepEqual(peer.received.subarray(0, 4), golden("preface"));
  says(peer, "preface", "welcome");
  await takes(peer, "open");
  says(peer, opened);
}

test("a dialler of another make that sends the document's frames is answered with the document's frames", async (t) => {
  const made = await arithServer(t);
  const peer = await dials(made, t);
  says(peer, "open");
  await takes(peer, "opened");
  says(peer, "request-add");
  await takes(peer, "response-add");
  says(peer, "request-divide");
  await takes(peer, "error-divide");
  says(peer, "request-erase");
  await takes(peer, "reject-erase");
  says(peer, "request-sleep");
  await until("the handler runs", () => made.ran.some(({ method }) => method.name === "sleep"));
  says(peer, "cancel-sleep");
  await until("the handler was told to stop", () => made.stopped.length > 0);
  says(peer, "request-long", "request-long-chunk");
  says(peer, "ping-with-body");
  await takes(peer, "pong-with-body");
  says(peer, "ignorable", "request-long-last");
  await takes(peer, "response-long");
  says(peer, "request-repeat");
  await takes(peer, "response-repeat", "response-repeat-last");
  says(peer, "open-missing");
  await takes(peer, "opened-missing");
  says(peer, "request-not-opened");
  await takes(peer, "reject-not-opened");
  says(peer, "ping");
  await takes(peer, "pong");
  assert.deepEqual(
    made.ran.map(({ method, input }) => [method.name, ...input]),
    [
      ["add", 1, 2],
      ["divide", 1, 0],
      ["sleep", 1_000],
      ["repeat", longText, 0],
      ["repeat", "x", 70_000],
    ],
  );
  assert.deepEqual(made.stopped, ["sleep"]);
  assert.equal(made.ran[0]!.deadline, 10_000, "the ms that were left, on a clock that stands at 0");
  assert.equal(made.ran[0]!.peer?.instance, "caller");
});

test("an acceptor of another make that sends the document's frames is sent the document's frames and understood", async (t) => {
  const { server, arith, connector, clock } = await arithClient(t);
  const sum = arith.add(1, 2);
  const peer = await server.accept();
  await accepts(peer);
  await takes(peer, "request-add");
  says(peer, "response-add");
  assert.equal(await sum, 3);

  const divided = refused(arith.divide(1, 0));
  await takes(peer, "request-divide");
  says(peer, "error-divide");
  const error = await divided;
  assert.deepEqual(
    [error.code, error.reason, error.processed, error.retryAfterMs, error.message, error.details, error.origin],
    ["invalid_argument", "DIVIDED_BY_ZERO", "yes", undefined, "cannot divide by zero", { divisor: 0 }, "peer"],
  );

  const erased = refused(arith.erase());
  await takes(peer, "request-erase");
  says(peer, "reject-erase");
  const rejection = await erased;
  assert.deepEqual(
    [rejection.code, rejection.reason, rejection.processed, rejection.retryAfterMs, rejection.message],
    ["permission_denied", "NO_TICKET", "no", 500, "a ticket is wanted"],
  );

  const caller = new AbortController();
  const slept = refused(withOptions(arith, { signal: caller.signal }).sleep(1_000));
  await takes(peer, "request-sleep");
  caller.abort();
  await takes(peer, "cancel-sleep");
  assert.equal((await slept).processed, "maybe");

  const long = arith.repeat(longText, 0);
  await takes(peer, "request-long", "request-long-chunk", "request-long-last");
  says(peer, "response-long");
  assert.equal(await long, "");

  const repeated = arith.repeat("x", 70_000);
  await takes(peer, "request-repeat");
  says(peer, "response-repeat", "ignorable", "response-repeat-last");
  assert.equal(await repeated, "x".repeat(70_000));

  const missing = refused(connector.client(MissingService).go());
  await takes(peer, "open-missing");
  says(peer, "opened-missing");
  await clock.advance(5_000);
  const { reason, processed } = await missing;
  assert.deepEqual([reason, processed], ["NO_SERVICE", "no"]);

  says(peer, "ping-with-body");
  await takes(peer, "pong-with-body");
  says(peer, "request-of-acceptor");
  await takes(peer, "reject-of-acceptor");
  await clock.advance(30_000);
  await takes(peer, "ping");
  says(peer, "pong");
  await clock.advance(10_000);
  assert.equal(server.accepted, 1, "the pong was heard: the connection is still the first");
  says(peer, "ping");
  await takes(peer, "pong");
});

test("a dialler that offers services says so as the document does, and is called", async (t) => {
  const { server, arith } = await arithClient(t, {
    serve: [bind(defineService<{ add(a: number, b: number): number }>("Arith", { add: {} }), { add: (a, b) => a + b })],
  });
  arith.add(1, 2).catch(() => {});
  await takes(await server.accept(), "hello-offering");

  const made = await arithServer(t);
  const peer = await raw.client(t, made.server.address, made.ground.transport);
  says(peer, "preface", "hello-offering");
  await takes(peer, "welcome");
  assert.equal(made.server.peers().length, 1);
});

test("credentials are said and refused as the document has them, and a client that is refused says why", async (t) => {
  const made = await arithServer(t, { authenticate: tokens(["another"]) });
  const peer = await raw.client(t, made.server.address, made.ground.transport);
  says(peer, "preface", "hello-with-credentials");
  await takes(peer, "close-unauthenticated");
  await peer.expectEnd();

  const { server, arith } = await arithClient(t, { credentials: "token" });
  const call = refused(arith.add(1, 2));
  const acceptor = await server.accept();
  await takes(acceptor, "hello-with-credentials");
  says(acceptor, "preface", "close-unauthenticated");
  const { code, reason, processed } = await call;
  assert.deepEqual([code, reason, processed], ["unauthenticated", "UNAUTHENTICATED", "no"]);
});

test("a request is answered whichever optional fields it has", async (t) => {
  const made = await arithServer(t);
  for (const [request, response] of [
    ["request-bare", "response-add"],
    ["request-trace", "response-add"],
    ["request-full", "response-json"],
  ] as const) {
    const peer = await dials(made, t);
    says(peer, "open");
    await takes(peer, "opened");
    says(peer, request);
    await takes(peer, response);
  }
  const [bare, traced, full] = made.ran;
  assert.deepEqual(
    made.ran.map(({ input }) => input),
    [
      [1, 2],
      [1, 2],
      [1, 2],
    ],
  );
  assert.equal(bare!.deadline, 3_600_000, "an hour, where no time is said");
  assert.equal(traced!.deadline, 10_000);
  assert.deepEqual([full!.priority, full!.attempt, { ...full!.metadata }], ["critical", 3, { tenant: "a1" }]);
});

test("a server reads blocks as the document has them, and a client that compresses says what the document's does", async (t) => {
  const ways = lz4IsThere() ? (["deflate", "lz4"] as const) : (["deflate"] as const);
  const blocks = [golden("block-deflate"), golden("block-lz-four")].slice(0, ways.length);
  const made = await arithServer(t, { compression: ways });
  const peer = await raw.client(t, made.server.address, made.ground.transport);
  says(peer, "preface", "hello-compressing");
  await peer.expect("welcome");
  says(peer, "open");
  await takes(peer, "opened");
  for (const [index, block] of blocks.entries()) {
    peer.send(block);
    await peer.expect("response", { id: 2 + 2 * index, value: 3 });
    await peer.expect("response", { id: 3 + 2 * index, value: 7 });
  }
  if (ways.length < 2) return;
  const client = await arithClient(t, { compression: ways });
  client.arith.add(1, 2).catch(() => {});
  await takes(await client.server.accept(), "hello-compressing");
});

test("a client sets the optional fields that the document says and reads those of an answer", async (t) => {
  const { server, arith } = await arithClient(t, {
    interceptors: [
      (next) => (call) => {
        call.priority = "critical";
        call.attempt = 3;
        return next(call);
      },
    ],
  });
  const sum = withOptions(arith, { metadata: { tenant: "a1" } }).add(1, 2);
  const peer = await server.accept();
  await accepts(peer, "opened-with-codecs");
  await takes(peer, "request-full");
  says(peer, "response-json");
  assert.equal(await sum, 3);

  const other = await arithClient(t);
  const plain = other.arith.add(1, 2);
  const otherPeer = await other.server.accept();
  await accepts(otherPeer);
  await takes(otherPeer, "request-add");
  says(otherPeer, "response-with-load");
  assert.equal(await plain, 3);
});

test("a server that has a contract tells its methods' hashes in the document's frame, and a client takes it", async (t) => {
  const hashes: Readonly<Record<string, string>> = { add: "7dd8786f994e2be4", divide: "0123456789abcdef" };
  const contract: Contracts = {
    services: ["Arith"],
    describe: () => undefined,
    hashOf: (_service, method) => hashes[method],
    breaking: () => [],
  };
  const peer = await dials(await arithServer(t, { contract }), t);
  says(peer, "open");
  await takes(peer, "opened-with-hashes");

  const client = await arithClient(t, { contract });
  const sum = client.arith.add(1, 2);
  const server = await client.server.accept();
  await accepts(server, "opened-with-hashes");
  await takes(server, "request-add");
  says(server, "response-add");
  assert.equal(await sum, 3);
});

test("an error of a class that both sides were told of is the document's frame, and arrives as that class", async (t) => {
  const peer = await dials(await arithServer(t, { errors: [DividedByZero] }), t);
  says(peer, "open");
  await takes(peer, "opened");
  says(peer, "request-divide");
  await takes(peer, "error-declared");

  const { server, arith } = await arithClient(t, { errors: [DividedByZero] });
  const sum = arith.add(1, 2);
  const divided = refused(arith.divide(1, 0));
  const dialled = await server.accept();
  await accepts(dialled);
  await takes(dialled, "request-add", "request-divide");
  says(dialled, "error-declared", "response-add");
  const error = await divided;
  assert.ok(error instanceof DividedByZero);
  assert.equal(error.details.divisor, 0);
  assert.equal(await sum, 3);
});

test("a oneway request is the document's frame, is run, and is not answered", async (t) => {
  const made = await arithServer(t);
  const peer = await dials(made, t);
  says(peer, "open");
  await takes(peer, "opened");
  says(peer, "request-oneway", "ping");
  await takes(peer, "pong");
  assert.deepEqual(
    made.ran.map(({ method, oneway: unanswered }) => [method.name, unanswered]),
    [["add", true]],
  );
  const { server, arith } = await arithClient(t);
  const dialled = server.accept().then(async (accepted) => {
    await accepts(accepted);
    return accepted;
  });
  const calls = [arith.add(1, 2), arith.add(1, 2), arith.add(1, 2)];
  await oneway(arith).add(1, 2);
  const other = await dialled;
  for (let call = 0; call < calls.length; call++) await other.expect("request");
  await takes(other, "request-oneway");
  other.cut();
  for (const call of calls) await refused(call);
});

test("metadata of answers is written as the document says, and told to who asked for it", async (t) => {
  const peer = await dials(await arithServer(t), t);
  says(peer, "open");
  await takes(peer, "opened");
  says(peer, "request-zone");
  await takes(peer, "response-with-metadata");
  says(peer, "request-divide-zone");
  await takes(peer, "error-with-metadata");

  const { server, arith } = await arithClient(t);
  const told: Reply[] = [];
  const asking = withOptions(arith, { metadata: { zone: "?" }, onReply: (reply) => told.push(reply) });
  const sum = asking.add(1, 2);
  const divided = refused(asking.divide(1, 0));
  const dialled = await server.accept();
  await accepts(dialled);
  await takes(dialled, "request-zone", "request-divide-zone");
  says(dialled, "response-with-metadata", "error-with-metadata");
  assert.equal(await sum, 3);
  assert.equal((await divided).reason, "DIVIDED_BY_ZERO");
  assert.deepEqual(
    told.map(({ metadata, attempts }) => [{ ...metadata }, attempts]),
    [
      [{ zone: "b" }, 1],
      [{ zone: "b" }, 1],
    ],
  );
});

test("a server that closes says the document's drain frames, the final one once its ping was answered", async (t) => {
  const made = await arithServer(t);
  const peer = await dials(made, t);
  says(peer, "open");
  await takes(peer, "opened");
  says(peer, "request-add");
  await takes(peer, "response-add");
  const closed = made.server.close();
  await takes(peer, "drain", "ping");
  says(peer, "pong");
  await takes(peer, "drain-final");
  says(peer, "request-divide");
  peer.cut();
  assert.deepEqual(await peer.rest(), [], "what came after the last id was passed over");
  await closed;
  assert.equal(made.ran.length, 1);
});

test("a client that is told to drain by the document's frames finishes what was read and gives back the rest as never run", async (t) => {
  const { server, arith } = await arithClient(t);
  const sum = arith.add(1, 2);
  const unread = refused(arith.divide(1, 0));
  const peer = await server.accept();
  await accepts(peer);
  await takes(peer, "request-add", "request-divide");
  says(peer, "drain", "ping");
  await takes(peer, "pong");
  says(peer, "drain-final");
  const { code, reason, processed } = await unread;
  assert.deepEqual([code, reason, processed], ["unavailable", "DRAINING", "no"]);
  says(peer, "response-add");
  assert.equal(await sum, 3);
  assert.equal(await peer.expectEnd(), "end");
});

test("a hello of another cluster is refused by the document's close frame, and the refused caller knows that nothing ran", async (t) => {
  const { ground, server } = await arithServer(t);
  const peer = await raw.client(t, server.address, ground.transport);
  says(peer, "preface", "hello-of-another-cluster");
  await takes(peer, "close-wrong-cluster");
  await peer.expectEnd();

  const client = await arithClient(t, { cluster: "b" });
  const sum = refused(client.arith.add(1, 2));
  const dialled = await client.server.accept();
  await takes(dialled, "hello-of-another-cluster");
  says(dialled, "preface", "close-wrong-cluster");
  await client.clock.advance(5_000);
  const { reason, processed } = await sum;
  assert.deepEqual([reason, processed], ["WRONG_CLUSTER", "no"]);
});

test("a peer that breaks the protocol reads the document's close frame, and a call that it cuts off may have run", async (t) => {
  const made = await arithServer(t);
  const peer = await dials(made, t);
  says(peer, "open");
  await takes(peer, "opened");
  says(peer, "request-add");
  await takes(peer, "response-add");
  says(peer, "request-add");
  await takes(peer, "close-id-reused");
  await peer.expectEnd();
  assert.equal(made.ran.length, 1);

  const { server, arith } = await arithClient(t);
  const sum = refused(arith.add(1, 2));
  const dialled = await server.accept();
  await accepts(dialled);
  await takes(dialled, "request-add");
  says(dialled, "close-id-reused");
  const { code, reason, processed } = await sum;
  assert.deepEqual([code, reason, processed], ["internal", "ID_REUSED", "maybe"]);
});

const limits = { depth: 64, elements: 262_144 };
const decoded = (bytes: Buffer): unknown => messagePack.decode(bytes, 0, bytes.length, limits);

test("a dialler of another make that streams by the document's frames is streamed to by the document's frames", async (t) => {
  const { ground, server } = await ticksServer(t);
  const peer = await raw.client(t, server.address, ground.transport);
  says(peer, "preface", "hello");
  await takes(peer, "welcome");
  says(peer, "open-ticks");
  await takes(peer, "opened-ticks");
  says(peer, "request-count");
  await takes(peer, "response-count", "items-count", "end-count");
  says(peer, "request-count-failing");
  await takes(peer, "answer-count-failing");
  says(peer, "request-count-left");
  await peer.expect("response", { id: 4 });
  await peer.expect("item", { id: 4, value: 1 });
  says(peer, "cancel-count", "ping-with-body");
  for (let next = await peer.next(); next.kind !== "pong"; next = await peer.next()) assert.equal(next.kind, "item");
  says(peer, "request-total", "items-total");
  await takes(peer, "response-total");
  says(peer, "request-total-first", "item-total-first");
  await takes(peer, "cancel-total-first", "response-total-first");
  says(peer, "request-double");
  await takes(peer, "response-double");
  says(peer, "item-double");
  await takes(peer, "credit-double");
  says(peer, "item-double-last");
  await takes(peer, "credit-double-window", "answer-double");
  says(peer, "credit-double-answer");
  await takes(peer, "answer-double-last");
  says(peer, "credit-double-answer-window", "end-double-argument");
  await takes(peer, "end-double");
  assert.equal(server.stats().total.streams.open, 0);
});

test("a dialler streams to and from an acceptor of another make by the document's frames", async (t) => {
  const { server, ticks, calls } = await ticksClient(t);
  const counting = ticks.count(3);
  const peer = await server.accept();
  await takes(peer, "hello");
  says(peer, "preface", "welcome");
  await takes(peer, "open-ticks");
  says(peer, "opened-ticks");
  await takes(peer, "request-count");
  says(peer, "response-count", "items-count", "end-count");
  assert.deepEqual(await read(counting), [1, 2, 3]);
  assert.deepEqual({ ...calls[0]!.replyMetadata }, { zone: "b", count: "3" });

  const failing = ticks.count(-1);
  await takes(peer, "request-count-failing");
  says(peer, "answer-count-failing");
  const items: number[] = [];
  const error = await refused(read(failing, items));
  assert.deepEqual(
    [items, error.code, error.reason, error.message],
    [[1, 2], "invalid_argument", "NEGATIVE", "not below zero"],
  );

  const leaving = ticks.count(1_000);
  await takes(peer, "request-count-left");
  peer.send({ kind: "response", id: 4 }, { kind: "item", id: 4, body: Buffer.from([1]) });
  for await (const first of leaving) {
    assert.equal(first, 1);
    break;
  }
  await takes(peer, "cancel-count");

  const total = ticks.total("sum", numbers(2, 3));
  await takes(peer, "request-total", "items-total");
  says(peer, "response-total");
  assert.equal(await total, "sum5");

  const first = ticks.total("first", withoutEnd(numbers(2)));
  await takes(peer, "request-total-first", "item-total-first");
  says(peer, "cancel-total-first", "response-total-first");
  assert.equal(await first, "first2");

  const doubling = ticks.double(numbers("x".repeat(1_500)));
  await takes(peer, "request-double", "item-double");
  says(peer, "response-double");
  const doubled = read(doubling);
  says(peer, "credit-double");
  await takes(peer, "item-double-last");
  says(peer, "credit-double-window");
  await takes(peer, "end-double-argument");
  says(peer, "answer-double");
  await takes(peer, "credit-double-answer");
  says(peer, "answer-double-last");
  await takes(peer, "credit-double-answer-window");
  says(peer, "end-double");
  assert.deepEqual(await doubled, ["x".repeat(3_000)]);
});

test("a reader gives back the connection's credit as the document has it", async (t) => {
  const { server, ticks } = await ticksClient(t);
  const counting = ticks.count(3);
  const peer = await server.accept();
  await peer.expect("hello");
  says(peer, "preface", "welcome");
  await peer.expect("open");
  says(peer, "opened-ticks");
  await peer.expect("request");
  says(peer, "response-count");
  const items = counting[Symbol.asyncIterator]();
  // Items of 1,024 bytes, then of 65,536: MessagePack's bytes with their header.
  const send = async (size: number): Promise<void> => {
    const item = items.next();
    const body = Buffer.concat([Buffer.from([0xc5, (size - 15) >>> 8, (size - 15) & 255]), Buffer.alloc(size - 15)]);
    peer.send({ kind: "item", id: 2, body });
    await item;
  };
  await send(1_024);
  await peer.expect("credit", { id: 2 });
  await send(65_536);
  await send(65_536);
  await peer.expect("credit", { id: 2 });
  await takes(peer, "credit-connection");
});

test("values are written and read as the document says, so that a codec of another make gets them as they were", () => {
  const lines = goldenLines("values");
  assert.deepEqual(
    lines.map(({ comment }) => comment),
    [...writtenValues.keys()],
  );
  for (const { bytes, comment } of lines) {
    const value = writtenValues.get(comment);
    assert.equal(encoded(value).toString("hex"), bytes.toString("hex"), comment);
    assert.deepStrictEqual(decoded(bytes), value, comment);
  }
});

test("forms that other libraries write are read as the document says", () => {
  const lines = goldenLines("values-read");
  assert.deepEqual(
    lines.map(({ comment }) => comment),
    [...readValues.keys()],
  );
  for (const { bytes, comment } of lines) assert.deepStrictEqual(decoded(bytes), readValues.get(comment), comment);
});

test("messages that the document calls malformed are refused", () => {
  for (const { bytes, comment } of goldenLines("values-refused")) {
    assert.throws(() => decoded(bytes), { code: "invalid_argument", reason: "MALFORMED" }, comment);
  }
});

test("no golden block of the document is left unchecked", () => {
  assert.deepEqual(unasked(), []);
});

/** Reads a stream to its end; items go to `into` as they come. */
async function read<T>(stream: AsyncIterable<T>, into: T[] = []): Promise<T[]> {
  for await (const item of stream) into.push(item);
  return into;
}

async function* numbers<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}

/** Yields what another does, and never ends by itself. */
async function* withoutEnd<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  yield* items;
  await new Promise<never>(() => {});
}

/** Whether the optional package is installed; the library's own tests say what happens where it is not. */
function lz4IsThere(): boolean {
  try {
    createRequire(import.meta.url).resolve("lz4-napi");
    return true;
  } catch {
    return false;
  }
}

function encoded(value: unknown): Buffer {
  const sink: Sink = {
    bytes: Buffer.alloc(4_096),
    position: 0,
    reserve(count) {
      if (this.position + count > this.bytes.length) throw new RangeError("the test's values are small");
    },
  };
  messagePack.encode(value, sink);
  return sink.bytes.subarray(0, sink.position);
}
