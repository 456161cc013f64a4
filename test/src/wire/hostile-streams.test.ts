import assert from "node:assert/strict";
import test from "node:test";
import { heldBytes } from "./ground/heap.js";
import {
  back,
  connectionBytes,
  counting,
  leavesNothing,
  meets,
  never,
  sending,
  streamBytes,
  total,
  unread,
} from "./ground/stream-fates.js";
import { attackServer } from "./ground/streaming.js";
import { cancel, credit, end, type Frame, item, request } from "./raw/frames.js";
import { flagsOf } from "./raw/numbers.js";

const MiB = 1_048_576;
const acceptor = flagsOf("acceptor");

/** What no peer of good will sends, behind a call that reads an argument, and why the connection ends. */
const offences: readonly (readonly [what: string, said: readonly Frame[], reason: string])[] = [
  ["an item above the credit of its stream", [item(2, { target: 1, body: Buffer.alloc(2_000) })], "CREDIT_EXCEEDED"],
  [
    "items that are above it together",
    Array.from({ length: 90 }, () => item(2, { target: 1, value: 1 })),
    "CREDIT_EXCEEDED",
  ],
  [
    "items without a byte until the credit is gone",
    Array.from({ length: 90 }, () => item(2, { target: 1, body: Buffer.alloc(0) })),
    "CREDIT_EXCEEDED",
  ],
  ["credit above what there can be, at once", [credit(0, 0xffff_ffff)], "CREDIT_OVERFLOW"],
  ["credit above it in sum", [credit(0, 0x7000_0000), credit(0, 0x7000_0000)], "CREDIT_OVERFLOW"],
  ["credit without its four bytes", [{ kind: "credit", id: 0, body: Buffer.alloc(3) }], "MALFORMED_FRAME"],
  [
    "more of an item than was announced",
    [item(2, { target: 1, total: 10, body: Buffer.alloc(5) }), item(2, { target: 1, body: Buffer.alloc(6) })],
    "WRONG_LENGTH",
  ],
  [
    "less of an item than was announced",
    [item(2, { target: 1, total: 10, body: Buffer.alloc(5) }), item(2, { target: 1, body: Buffer.alloc(4) })],
    "WRONG_LENGTH",
  ],
  [
    "an end within an item",
    [item(2, { target: 1, total: 10, body: Buffer.alloc(5) }), end(2, { target: 1 })],
    "WRONG_LENGTH",
  ],
  [
    "an item in parts that does not say how long it is",
    [{ kind: "item", id: 2, target: 1, flags: flagsOf("more"), body: Buffer.alloc(3) }],
    "MALFORMED_FRAME",
  ],
  ["an item of call 0", [item(0, { target: 1 })], "UNKNOWN_ID"],
  ["an end of call 0", [end(0)], "UNKNOWN_ID"],
  ["credit for a stream of call 0", [credit(0, 1_000, { target: 1 })], "UNKNOWN_ID"],
  ["an item of a call of the server's own", [item(1, { flags: acceptor })], "UNKNOWN_ID"],
  ["credit for a call of the server's own", [credit(1, 1_000, { flags: acceptor })], "UNKNOWN_ID"],
];

for (const [what, said, reason] of offences) {
  test(`a caller that sends ${what} is cut off, and its handler hears of no end`, async (t) => {
    const attacked = await attackServer(t);
    const { peer, clock, met } = attacked;
    peer.send(sending(2, unread));
    await clock.settle();
    peer.send(...said);
    await meets(peer, { ends: reason });
    await leavesNothing(attacked);
    assert.deepEqual(
      met.filter((how) => how.startsWith("end")),
      [],
    );
  });
}

test("credit that overflows a result cuts its caller off, and ends its generator", async (t) => {
  const attacked = await attackServer(t);
  const { peer, clock } = attacked;
  peer.send(counting(2, 1e9));
  await clock.settle();
  peer.send(credit(2, 0x7000_0000), credit(2, 0x7000_0000));
  await meets(peer, { ends: "CREDIT_OVERFLOW" });
  await leavesNothing(attacked);
});

test("what a caller sends of an argument behind its end is passed over, and its bytes come back to the connection", async (t) => {
  const { peer, clock, met } = await attackServer(t);
  peer.send(sending(2, total), item(2, { target: 1, value: 7 }), end(2, { target: 1 }));
  await peer.expect("response", { id: 2, value: 1 });
  assert.deepEqual(met, ["end behind 1"]);
  let given = 0;
  const body = Buffer.alloc(60_000);
  for (let sent = 0; sent < 3 * connectionBytes; sent += 60_012) {
    peer.send(item(2, { target: 1, body }), end(2, { target: 1 }));
    await clock.settle();
    for (const { kind, id, body } of peer.waiting()) if (kind === "credit" && id === 0) given += body.readUInt32BE(0);
  }
  assert.ok(given > 2 * connectionBytes, `${given} bytes were given back`);
  await meets(peer, "passed over");
});

test("arguments that are read to their end one after the other are each let send as far ahead as the first", async (t) => {
  const { peer, clock } = await attackServer(t);
  const ahead: number[] = [];
  const value = "x".repeat(1_000);
  for (let id = 2; id < 22; id++) {
    peer.send(sending(id, total));
    let leftBytes = streamBytes;
    for (let n = 0; n < 300; n++) {
      peer.send(item(id, { target: 1, value }));
      leftBytes -= 1_015;
      await clock.settle();
      for (const { kind, id: of, body } of peer.waiting())
        if (kind === "credit" && of === id) leftBytes += body.readUInt32BE(0);
    }
    ahead.push(leftBytes);
    peer.send(end(id, { target: 1 }));
    await peer.expect("response", { id });
  }
  assert.ok(ahead.at(-1)! >= ahead[0]! / 2, `they had credit of ${ahead} bytes left`);
});

test("arguments that nobody reads hold no more than their credit, and other calls go on", async (t) => {
  const { peer, clock, server } = await attackServer(t);
  const before = heldBytes();
  for (let id = 2; id < 502; id++) {
    peer.send(sending(id, unread));
    for (let n = 0; n < 10; n++) peer.send(item(id, { target: 1, body: Buffer.alloc(80) }));
  }
  await clock.settle();
  assert.ok(server.stats().total.streams.heldBytes <= 500 * streamBytes);
  assert.ok(heldBytes() - before < 32 * MiB);
  peer.send(request({ id: 502, method: 4 }));
  await peer.expect("response", { id: 502, value: "plain" });
});

test("results that nobody reads are sent no further than their credit, and generators wait", async (t) => {
  const attacked = await attackServer(t);
  const { peer, clock, server, open } = attacked;
  for (let id = 2; id < 302; id++) peer.send(counting(id, 1e9));
  await clock.settle();
  assert.equal(open(), 300);
  const bytes = peer.waiting().reduce((sum, frame) => sum + (frame.kind === "item" ? frame.bytes.length : 0), 0);
  assert.ok(bytes <= 300 * 262_144 && bytes <= connectionBytes, `${bytes} bytes were sent`);
  assert.ok(server.stats().total.unsentBytes < MiB);
  peer.reset();
  await leavesNothing(attacked);
});

for (const [what, frame] of [
  ["items without a byte, of calls that are over", item(2, { target: 0, body: Buffer.alloc(0) })],
  ["ends of calls that are over", end(2)],
  ["credit of nothing", credit(0, 0)],
  ["credit of a byte for a call that is over", credit(2, 1)],
  ["cancels of arguments that nobody sends", cancel(2, { target: 1 })],
] as const) {
  test(`a flood of ${what} ends the connection, or costs nothing`, async (t) => {
    const attacked = await attackServer(t);
    const { peer, clock, server } = attacked;
    peer.send(counting(2, 0));
    await clock.settle();
    const before = heldBytes();
    for (let wave = 0; wave < 30 && server.connections > 0; wave++) {
      peer.send(...Array.from({ length: 1_000 }, () => frame));
      await clock.settle();
    }
    assert.ok(heldBytes() - before < 32 * MiB);
    assert.equal(server.connections, 0, "it goes on");
    await leavesNothing(attacked);
  });
}

test("a caller that opens more streams than it may is told so, call by call, and the others live", async (t) => {
  const { peer, clock } = await attackServer(t, { limits: { streams: 4 } });
  for (let id = 2; id < 12; id++) peer.send(sending(id, unread));
  await clock.settle();
  const told = peer.waiting().filter(({ kind }) => kind === "reject");
  assert.deepEqual(
    told.map(({ id, fault }) => [id, fault?.reason, fault?.processed]),
    [6, 7, 8, 9, 10, 11].map((id) => [id, "STREAM_LIMIT", "no"]),
  );
  await meets(peer, "passed over");
});

for (const [what, settings, call] of [
  ["wait for a handler", { handlersRunning: 1 }, (id: number) => counting(id, 5)],
  [
    "have come in part",
    {},
    (id: number) => request({ id, method: total, total: 1_000, body: Buffer.from("0100", "hex") }),
  ],
] as const) {
  test(`callers that go while their calls ${what} leave to others all the streams that a server may have`, async (t) => {
    const { peer, clock, another, server } = await attackServer(t, { ...settings, streams: 4 });
    // Runs for ever, in the one place that there may be.
    peer.send(request({ id: 2, method: never }));
    await clock.settle();
    for (let round = 0; round < 3; round++) {
      const leaving = await another();
      for (let id = 2; id < 5; id++) leaving.send(call(id));
      await clock.settle();
      assert.deepEqual(leaving.waiting(), [], "nothing is refused");
      leaving.cut();
      await clock.advance(1_000);
    }
    assert.equal(server.stats().total.streams.open, 0);
    await meets(peer, "passed over");
  });
}

test("a generator that waited for credit until its deadline does not begin when the credit comes", async (t) => {
  const { clock, another, begun } = await attackServer(t);
  const peer = await another({ limits: [4_194_304, 1_024, 16_777_216, 1_024, 1_024, 0] });
  for (const [id, waitedMs] of [
    [2, 49],
    [3, 50.5],
  ] as const) {
    peer.send(request({ id, method: 0, args: [1], timeLeftMs: 50 }));
    await clock.settle();
    await clock.advance(waitedMs);
    // For its item and no more, so that the next one waits too.
    peer.send(credit(0, 128));
    await clock.settle();
  }
  assert.equal(begun(), 1, "the first began, and the second came too late");
  await clock.advance(20);
  const told = peer.waiting();
  assert.deepEqual(
    told.filter(({ kind }) => kind === "item").map(({ id }) => id),
    [2],
  );
  assert.ok(told.some(({ kind, id, fault }) => kind === "error" && id === 3 && fault?.reason === "DEADLINE_EXCEEDED"));
});

test("a request whose list of streams is wrong fails alone", async (t) => {
  const { peer } = await attackServer(t);
  const wrong = ["", "01", "020001", "01ff91c0", "02000091c0c0", "02010092c0c0", "ff00", "00"];
  for (const [n, body] of wrong.entries()) {
    peer.send(request({ id: n + 2, method: total, body: Buffer.from(body, "hex") }));
    const { kind, fault } = await peer.next();
    assert.ok(kind === "reject" || kind === "error", `${kind} to ${body}`);
    assert.equal(fault?.reason, "MALFORMED", body);
  }
  await meets(peer, "passed over");
});

test("without the feature nothing of a stream is let through, and calls say so", async (t) => {
  const { peer } = await attackServer(t, {}, 0);
  peer.send(counting(2, 5));
  await peer.expect("reject", { id: 2, reason: "NO_STREAMS", processed: "no" });
  peer.send(sending(3, back));
  await peer.expect("reject", { id: 3, reason: "NO_STREAMS", processed: "no" });
  peer.send(item(3));
  await meets(peer, { ends: "UNEXPECTED_FRAME" });
});
