import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { deflateRawSync } from "node:zlib";
import { type CompressionChoice, connect, RpcError, withOptions } from "@rpc/core";
import { atEnd } from "./ground/at-end.js";
import { calling, ProbeService } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { type Ground, grounds, inMemory, onTcp } from "./ground/grounds.js";
import { firstId, meeting } from "./ground/meeting.js";
import { relay } from "./ground/relay.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import {
  block,
  bytesOf,
  cancel,
  chunk,
  close,
  drain,
  type Frame,
  hello,
  insideOf,
  open,
  ping,
  pong,
  request,
  response,
  welcome,
} from "./raw/frames.js";
import { flagsOf } from "./raw/numbers.js";
import type { RawPeer } from "./raw/peer.js";
import { raw } from "./raw/raw.js";
import { cutFrames, type Received } from "./raw/received.js";

const deflate = 1;
/** Values like those of a shop: much in them is in the others too. */
const order = (id: number) => ({
  id,
  customer: `customer ${id % 13}`,
  status: "paid",
  lines: Array.from({ length: 6 }, (_, line) => ({
    sku: `SKU-${(id * 7 + line) % 500}`,
    quantity: 1 + line,
    currency: "EUR",
  })),
});

/** A server that compresses, met by a raw client that says it does too. */
async function meetServer(t: TestContext, ground: Ground, features = deflate) {
  const made = await serving(t, ground, { compression: "deflate" });
  const peer = await raw.client(t, made.address, ground.transport);
  peer.send(hello({ features }));
  const { body } = await peer.expect("welcome");
  peer.send(open("Probe", ["add", "echo", "hang"]));
  await peer.expect("opened");
  return { ...made, peer, body };
}

for (const groundOf of grounds) {
  const { name } = groundOf();

  test(`calls of clients that compress, that do not, and that would rather do it otherwise are answered by one server at once (${name})`, async (t) => {
    const ground = groundOf();
    const { address } = await serving(t, ground, { compression: ["deflate"] });
    const choices: readonly CompressionChoice[] = [false, "deflate", ["deflate"], []];
    const passed = await Promise.all(
      choices.map(async (compression) => {
        const between = await relay(t, ground, address);
        // On a busy machine a ping would be among the bytes that are counted.
        const keepAlive = { suspectAfterMs: Number.POSITIVE_INFINITY };
        const { probe } = calling(t, ground, between.address, { compression, keepAlive });
        const orders = Array.from({ length: 200 }, (_, id) => order(id));
        const answers = await Promise.all(orders.map((each) => probe.echo(each)));
        assert.deepEqual(answers, orders);
        return between.passed;
      }),
    );
    const [plain, compressed, listed, none] = passed;
    assert.ok(compressed!.up * 4 < plain!.up, `${compressed!.up} of ${plain!.up} bytes went up`);
    assert.ok(compressed!.down * 4 < plain!.down, `${compressed!.down} of ${plain!.down} bytes came down`);
    assert.ok(listed!.up * 4 < plain!.up);
    assert.equal(none!.up, plain!.up);
  });

  test(`long messages, of bytes that shrink and of bytes that do not, pass compressed connections as they were (${name})`, async (t) => {
    const ground = groundOf();
    const { address } = await serving(t, ground, { compression: "deflate" });
    const { probe } = calling(t, ground, address, { compression: "deflate" });
    const text = "a long text ".repeat(100_000);
    const noise = Buffer.from(Array.from({ length: 700_000 }, (_, n) => Math.imul(n, 2_654_435_761) >>> 24));
    const small = Array.from({ length: 50 }, (_, id) => probe.echo(order(id)));
    const [gotText, gotNoise] = await Promise.all([probe.echo(text), probe.echo(noise)]);
    assert.equal(gotText, text);
    assert.ok(noise.equals(gotNoise as Buffer));
    assert.deepEqual((await Promise.all(small))[7], order(7));
  });

  test(`either side's block is read, in whatever pieces it arrives (${name})`, async (t) => {
    const ground = groundOf();
    const { peer } = await meetServer(t, ground);
    const calls = [2, 3, 4].map((id) => request({ id, args: [id, 1] }));
    peer.pieces(bytesOf(block(calls)), 7);
    for (const id of [2, 3, 4]) await peer.expect("response", { id, value: id + 1 });

    const { probe, peer: acceptor } = await meeting(
      t,
      ground,
      { compression: "deflate" },
      { welcome: { features: deflate } },
    );
    const answers = Promise.all([probe.add(1, 1), probe.add(2, 2)]);
    await acceptor.expect("request", { id: firstId });
    await acceptor.expect("request", { id: firstId + 1 });
    acceptor.pieces(bytesOf(block([response(firstId + 1, { value: 4 }), response(firstId, { value: 2 })])), 1);
    assert.deepEqual(await answers, [2, 4]);
  });
}

test("each side says in its hello what it compresses with, and is told what the other does", async (t) => {
  const ground = inMemory();
  // Those about compression; others are set beside them.
  const featuresOf = (body: Buffer): number => body.readUInt32BE(8) & 3;
  const { body, peer } = await meetServer(t, ground, 0);
  assert.equal(featuresOf(body), deflate);
  peer.send(request({ id: 2, method: 1, args: ["x".repeat(5_000)] }));
  assert.equal((await peer.next()).kind, "response", "nothing is compressed for who did not say so");
  const server = await raw.server(t, ground.listen, ground.transport);
  for (const [compression, features] of [
    [undefined, 0],
    [false, 0],
    ["deflate", deflate],
  ] as const) {
    const connector = connect({
      address: server.address,
      transports: ground.transports,
      retry: false,
      ...(compression !== undefined && { compression }),
    });
    atEnd(t, () => connector.close());
    const call = failed(connector.client(ProbeService).nothing());
    const dialled = await server.accept();
    assert.equal(featuresOf((await dialled.expect("hello")).body), features);
    dialled.send({ ...close({ reason: "ENOUGH" }), lead: welcome().lead! });
    await connector.close();
    await call;
  }
});

/** Takes frames, those in blocks too, in the order in which they come. */
async function takes(peer: RawPeer, count: number) {
  const taken: { kind: string | number; id: number; inBlock: boolean }[] = [];
  while (taken.length < count) {
    const frame = await peer.next();
    if (frame.kind !== "block") {
      taken.push({ kind: frame.kind, id: frame.id, inBlock: false });
      continue;
    }
    assert.equal(frame.target, deflate);
    const { frames, rest } = cutFrames(insideOf(frame.body));
    assert.equal(rest.length, 0);
    taken.push(...frames.map(({ kind, id }) => ({ kind, id, inBlock: true })));
  }
  return taken;
}

test("a cancel comes behind the request it is about and outside of every block, though both leave in one flush", async (t) => {
  const { probe, peer } = await meeting(t, inMemory(), { compression: "deflate" }, { welcome: { features: deflate } });
  const caller = new AbortController();
  const before = Array.from({ length: 20 }, (_, id) => probe.echo(order(id)));
  const given = failed(withOptions(probe, { signal: caller.signal }).echo(order(99)));
  caller.abort();
  const after = Array.from({ length: 20 }, (_, id) => probe.echo(order(id)));
  await given;
  const taken = await takes(peer, 42);
  assert.deepEqual(
    taken.map(({ kind, id }) => [kind, id]),
    [
      ...Array.from({ length: 21 }, (_, n) => ["request", firstId + n]),
      ["cancel", firstId + 20],
      ...Array.from({ length: 20 }, (_, n) => ["request", firstId + 21 + n]),
    ],
  );
  for (const { kind, inBlock } of taken) assert.equal(inBlock, kind === "request");
  for (const { id, kind } of taken) if (kind === "request" && id !== firstId + 20) peer.send(response(id));
  await Promise.all([...before, ...after]);
});

test("answers keep their place before the drain and the close that follow them, in blocks or not", async (t) => {
  const { peer, server, ran } = await meetServer(t, inMemory());
  peer.send(...Array.from({ length: 40 }, (_, n) => request({ id: 2 + n, method: 1, args: [order(n)] })));
  await until("all have run", () => ran.length === 40);
  const closed = server.close();
  const taken = await takes(peer, 42);
  const kinds = taken.map(({ kind }) => kind);
  assert.deepEqual(kinds.slice(-2), ["drain", "ping"]);
  assert.equal(kinds.filter((kind) => kind === "response").length, 40);
  peer.send(pong());
  await peer.expect("drain", { target: 1, id: 41 });
  peer.cut();
  await closed;
});

const bomb = deflateRawSync(Buffer.alloc(32 * 1_048_576));
const call = (id: number): Frame => request({ id, args: [1, 2] });
const inside = Buffer.concat([call(5), call(6)].map(bytesOf));
const evil: readonly (readonly [what: string, frame: Frame, reason: string])[] = [
  ["in a way that was not agreed", block([call(5)], { algorithm: 2 }), "UNKNOWN_COMPRESSION"],
  ["in a way that nobody knows", block([call(5)], { algorithm: 9 }), "UNKNOWN_COMPRESSION"],
  ["of nothing", { kind: "block", target: 1 }, "MALFORMED_BLOCK"],
  ["of no frames", block([]), "MALFORMED_BLOCK"],
  ["that announces too little", block([call(5)], { inflatedBytes: 14 }), "MALFORMED_BLOCK"],
  ["that announces too much", block([call(5)], { inflatedBytes: 16 }), "MALFORMED_BLOCK"],
  ["that is a bomb", block([], { inflatedBytes: 65_536, content: bomb }), "MALFORMED_BLOCK"],
  ["that is a bomb and says so", block([], { inflatedBytes: 32 * 1_048_576, content: bomb }), "BLOCK_TOO_LARGE"],
  [
    "above its limit",
    block([], { inflatedBytes: 65_537, content: deflateRawSync(Buffer.alloc(65_537)) }),
    "BLOCK_TOO_LARGE",
  ],
  [
    "that is cut off",
    block([call(5)], { content: deflateRawSync(inside).subarray(0, 9), inflatedBytes: inside.length }),
    "MALFORMED_BLOCK",
  ],
  [
    "with bytes behind its end",
    block([call(5)], { content: Buffer.concat([deflateRawSync(bytesOf(call(5))), Buffer.alloc(3)]) }),
    "MALFORMED_BLOCK",
  ],
  [
    "that cuts a frame",
    block([], { content: deflateRawSync(inside.subarray(0, 14)), inflatedBytes: 14 }),
    "MALFORMED_BLOCK",
  ],
  ["in a block", block([block([call(5)])]), "UNEXPECTED_FRAME"],
  ["with a ping in it", block([ping()]), "UNEXPECTED_FRAME"],
  ["with a cancel in it", block([cancel(2)]), "UNEXPECTED_FRAME"],
  ["with a drain in it", block([drain()]), "UNEXPECTED_FRAME"],
  ["with a close in it", block([close()]), "UNEXPECTED_FRAME"],
  ["with a hello in it", block([{ kind: "hello" }]), "UNEXPECTED_FRAME"],
  ["with a frame that nobody knows", block([{ kind: 19 }]), "UNEXPECTED_FRAME"],
  ["with a flag", { ...block([call(5)]), flags: flagsOf("more") }, "RESERVED_FLAG"],
  [
    "with a frame in it that announces too much",
    block([{ kind: "request", id: 5, length: 65_537 }]),
    "FRAME_TOO_LARGE",
  ],
];

for (const [what, frame, reason] of evil) {
  test(`a block ${what} ends the connection and nothing of it runs, at the server`, async (t) => {
    const { peer, ran, server } = await meetServer(t, inMemory());
    peer.send(request({ id: 2, args: [1, 2] }));
    await peer.expect("response", { id: 2, value: 3 });
    peer.send(frame, request({ id: 7, args: [1, 2] }));
    await peer.expectClose(reason);
    assert.equal(ran.length, 1);
    await until("it is gone", () => server.connections === 0);
  });

  test(`a block ${what} ends the connection, at the client`, async (t) => {
    const { probe, peer } = await meeting(
      t,
      inMemory(),
      { compression: "deflate" },
      { welcome: { features: deflate } },
    );
    const call = failed(probe.hang());
    await peer.expect("request", { id: firstId });
    peer.send(frame);
    await peer.expectClose(reason);
    const error = await call;
    assert.deepEqual([error.reason, error.processed], [reason, "maybe"]);
  });
}

test("what is in a block obeys the rules of what is not: ids go up, and an error of one call is that call's", async (t) => {
  const { peer, ran } = await meetServer(t, inMemory());
  peer.send(
    block([
      request({ id: 2, args: [1, 2] }),
      request({ id: 3, method: 1, body: Buffer.from([0xc1]) }),
      request({ id: 4, method: 99 }),
      { kind: 0x93, id: 9, body: Buffer.alloc(40) },
      request({ id: 5, args: [3, 4] }),
    ]),
  );
  // Arguments are decoded when it is their call's turn, and a slow machine takes several turns: in any order.
  const answers = new Map<number, Received>();
  while (answers.size < 4) {
    const frame = await peer.next();
    answers.set(frame.id, frame);
  }
  assert.deepEqual(
    [2, 3, 4, 5].map((id) => [answers.get(id)?.kind, answers.get(id)?.fault?.reason]),
    [
      ["response", undefined],
      ["reject", "MALFORMED"],
      ["reject", "NO_METHOD"],
      ["response", undefined],
    ],
  );
  assert.deepEqual([answers.get(2)?.body, answers.get(5)?.body], [Buffer.from([3]), Buffer.from([7])]);
  peer.send(block([request({ id: 6, args: [1, 2] }), request({ id: 6, args: [1, 2] })]));
  await peer.expectClose("ID_REUSED");
  assert.equal(ran.length, 2);
});

test("a few bytes that inflate to thousands of frames leave the other callers their turns", async (t) => {
  const ground = onTcp();
  const { address, server } = await serving(t, ground, { compression: "deflate" });
  const { probe } = calling(t, ground, address);
  await probe.add(1, 1);
  const peer = await raw.client(t, address);
  peer.send(hello({ features: deflate }));
  await peer.expect("welcome");
  peer.send(open("Probe", ["add"]));
  await peer.expect("opened");
  // Parts of a message that nobody waits for any more: they are passed over.
  const full = block(Array.from({ length: 5_041 }, () => chunk(1, Buffer.alloc(1))));
  assert.ok(bytesOf(full).length < 400, "65 KB for less than 400 bytes");
  let answered = 0;
  const asking = (async () => {
    while (answered >= 0) {
      await probe.add(1, 1);
      answered++;
    }
  })();
  peer.send(...Array.from({ length: 400 }, () => full), ping());
  await peer.expect("pong");
  const meanwhile = answered;
  answered = -1_000_000;
  await asking;
  assert.ok(meanwhile >= 50, `${meanwhile} calls of another were answered while 26 MB were inflated`);
  assert.equal(server.connections, 2, "nothing of it was an offence");
});

test("compression that cannot be is said at once", async () => {
  for (const compression of ["gzip", ["deflate", "zstd"], true, 1, null]) {
    assert.throws(
      () => connect({ address: "tcp://127.0.0.1:1", compression: compression as never }),
      (thrown) => {
        assert.ok(thrown instanceof RpcError);
        assert.equal(thrown.reason, "BAD_OPTION");
        assert.match(thrown.message, /connect: compression must be "deflate", "lz4", an array of them/);
        return true;
      },
    );
  }
});
