import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { calling } from "./ground/calling.js";
import { type Ground, inMemory } from "./ground/grounds.js";
import { firstId, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import {
  cancel,
  chunk,
  close,
  drain,
  error,
  type Frame,
  finalDrain,
  hello,
  helloBody,
  open,
  opened,
  ping,
  pong,
  reject,
  request,
  response,
  welcome,
} from "./raw/frames.js";
import { flagsOf } from "./raw/numbers.js";
import type { RawPeer } from "./raw/peer.js";
import { raw } from "./raw/raw.js";

/**
 * What becomes of a frame: answered by a frame of that kind; passed over, so that nothing comes of it and the connection
 * lives; or the connection ends with that reason. As the table in docs/protocol.md has it.
 */
type Fate =
  | { readonly answered: "welcome" | "opened" | "response" | "reject" | "pong" }
  | "passed over"
  | "gone"
  | { readonly ends: string };
type Row = readonly [what: string, frame: Frame, fate: Fate];

const acceptor = flagsOf("acceptor");
const unexpected: Fate = { ends: "UNEXPECTED_FRAME" };
const bare = (kind: Frame["kind"], more: Partial<Frame> = {}): Frame => ({ kind, ...more });

/** The hello without the preface, which has been said. */
const secondHello: Frame = { kind: "hello", body: helloBody() };
const secondWelcome: Frame = { kind: "welcome", body: helloBody() };

/** Before the hellos were exchanged; each row is the first frame behind the preface. */
const first = (frame: Frame): Frame => ({ ...frame, lead: hello().lead! });
const beforeHello: readonly Row[] = [
  ["a welcome", welcome(), unexpected],
  ["an open", first(open("Probe", ["add"])), unexpected],
  ["an opened", first(opened(1, [])), unexpected],
  ["a request", first(request({ id: 1, args: [1, 2] })), unexpected],
  ["a response", first(response(1)), unexpected],
  ["an error", first(error(1)), unexpected],
  ["a reject", first(reject(1)), unexpected],
  ["a cancel", first(cancel(1)), unexpected],
  ["an item", first(bare("item", { id: 1 })), unexpected],
  ["a stream's end", first(bare("end", { id: 1 })), unexpected],
  ["a credit", first(bare("credit", { id: 1, body: Buffer.alloc(4) })), unexpected],
  ["a chunk", first(chunk(1, Buffer.alloc(1))), unexpected],
  ["a block", first(bare("block", { body: Buffer.alloc(8) })), unexpected],
  ["a ping", first(ping()), unexpected],
  ["a pong", first(pong()), unexpected],
  ["a drain", first(drain()), unexpected],
  ["a kind that nobody knows", first(bare(19)), unexpected],
  ["a kind that nobody knows and may skip", first(bare(0x80 | 19)), unexpected],
  ["a close", first(close()), "gone"],
];

/** What may come after it, from either side, with the flag of who gave ids out on each side. */
const afterHello = (own: number, peers: number, highestOwn: number): readonly Row[] => [
  ["a second hello", secondHello, unexpected],
  ["a second welcome", secondWelcome, unexpected],
  ["an opened that nobody asked for", { ...opened(highestOwn + 1, []), flags: own }, { ends: "UNKNOWN_ID" }],
  ["an opened for an id of the sender's", { ...opened(1, []), flags: peers }, { ends: "WRONG_INITIATOR" }],
  ["a request with an id of the receiver's", request({ id: 9_000, flags: own }), { ends: "WRONG_INITIATOR" }],
  ["an open with an id of the receiver's", open("Probe", [], { id: 9_000, flags: own }), { ends: "WRONG_INITIATOR" }],
  ["a cancel of the receiver's own call", cancel(highestOwn, { flags: own }), { ends: "WRONG_INITIATOR" }],
  ["a cancel of a call that was never made", cancel(9_000, { flags: peers }), { ends: "UNKNOWN_ID" }],
  ["a response to a call of the sender's own", { ...response(1), flags: peers }, { ends: "WRONG_INITIATOR" }],
  ["an error for a call of the sender's own", { ...error(1), flags: peers }, { ends: "WRONG_INITIATOR" }],
  ["a reject of a call of the sender's own", { ...reject(1), flags: peers }, { ends: "WRONG_INITIATOR" }],
  ["a response to a call that was never made", { ...response(highestOwn + 1), flags: own }, { ends: "UNKNOWN_ID" }],
  ["an error for a call that was never made", { ...error(highestOwn + 1), flags: own }, { ends: "UNKNOWN_ID" }],
  ["a reject of a call that was never made", { ...reject(highestOwn + 1), flags: own }, { ends: "UNKNOWN_ID" }],
  ["a response to call 0", { ...response(0), flags: own }, { ends: "UNKNOWN_ID" }],
  ["a request with id 0", request({ id: 0, flags: peers }), { ends: "ID_REUSED" }],
  ["a chunk of a call that was never begun", chunk(9_000, Buffer.alloc(1), { flags: peers }), { ends: "UNKNOWN_ID" }],
  [
    "a chunk of an answer that was never begun",
    chunk(highestOwn + 1, Buffer.alloc(1), { flags: own }),
    { ends: "UNKNOWN_ID" },
  ],
  ["an item, while no streams were agreed", bare("item", { id: 1 }), unexpected],
  ["a stream's end, while no streams were agreed", bare("end", { id: 1 }), unexpected],
  ["a credit, while no streams were agreed", bare("credit", { id: 1, body: Buffer.alloc(4) }), unexpected],
  ["a block, while no compression was agreed", bare("block", { body: Buffer.alloc(8) }), unexpected],
  ["a ping", ping(), { answered: "pong" }],
  ["a pong that nobody asked for", pong(), "passed over"],
  ["kind 0", bare(0), unexpected],
  ["a kind that nobody knows", bare(19), unexpected],
  ["the last kind that may not be skipped", bare(127), unexpected],
  ["the first kind that may be skipped", bare(128, { body: Buffer.alloc(70) }), "passed over"],
  ["the last kind that may be skipped", bare(255, { id: 7, target: 9 }), "passed over"],
  ["a close", close(), "gone"],
];

const meetServer = async (t: TestContext, ground: Ground): Promise<RawPeer> => {
  const { address } = await serving(t, ground);
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["add"]), request({ id: 2, args: [1, 2] }));
  await peer.expect("opened", { id: 1 });
  await peer.expect("response", { id: 2, value: 3 });
  return peer;
};

for (const [what, frame, fate] of beforeHello) {
  test(`a server's connection holds against ${what} before the hello`, async (t) => {
    const ground = inMemory();
    const { address } = await serving(t, ground);
    const peer = await raw.client(t, address, ground.transport);
    peer.send(frame);
    await meets(peer, fate);
  });
}

test("a server's connection takes a hello as the first frame and answers with its own", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground);
  const peer = await raw.client(t, address, ground.transport);
  peer.send(hello());
  await meets(peer, { answered: "welcome" });
});

const serverRows: readonly Row[] = [
  ...afterHello(acceptor, 0, 0),
  ["a request", request({ id: 3, args: [1, 2] }), { answered: "response" }],
  ["a request for a method that was not opened", request({ id: 3, method: 1 }), { answered: "reject" }],
  ["a request with the id of the one before", request({ id: 2, args: [1, 2] }), { ends: "ID_REUSED" }],
  ["a request with a smaller id", request({ id: 1, args: [1, 2] }), { ends: "ID_REUSED" }],
  ["a request with the highest id", request({ id: 0xffff_ffff, args: [1, 2] }), { answered: "response" }],
  ["an open", open("Probe", ["echo"], { id: 3 }), { answered: "opened" }],
  ["an open with an id that a call had", open("Probe", ["echo"], { id: 2 }), { ends: "ID_REUSED" }],
  ["a cancel of a call that was answered", cancel(2), "passed over"],
  ["a late chunk of a call that was answered", chunk(2, Buffer.alloc(5)), "passed over"],
];

for (const [what, frame, fate] of serverRows) {
  test(`a server's connection meets ${what} as the protocol says`, async (t) => {
    const peer = await meetServer(t, inMemory());
    peer.send(frame);
    await meets(peer, fate);
  });
}

for (const [what, frame, fate] of beforeHello) {
  test(`a client's connection holds against ${what === "a welcome" ? "a hello" : what} before the welcome`, async (t) => {
    const ground = inMemory();
    const server = await raw.server(t, ground.listen, ground.transport);
    const { probe, connector } = calling(t, ground, server.address);
    const failing = probe.add(1, 2).catch((thrown: unknown) => thrown);
    const peer = await server.accept();
    await peer.expect("hello");
    peer.send(what === "a welcome" ? hello() : frame);
    await meets(peer, fate);
    await connector.close();
    await failing;
  });
}

const clientRows: readonly Row[] = [
  ...afterHello(0, acceptor, firstId - 1),
  ["a second answer", response(2), "passed over"],
  ["an error after the answer", error(2), "passed over"],
  ["a reject after the answer", reject(2), "passed over"],
  ["a late chunk of an answer", chunk(2, Buffer.alloc(5)), "passed over"],
  ["a second opened", opened(1, []), { ends: "UNKNOWN_ID" }],
  ["a request, though it serves nothing", request({ id: 1, flags: acceptor }), { answered: "reject" }],
  ["an open, though it serves nothing", open("Probe", ["add"], { id: 1, flags: acceptor }), { answered: "opened" }],
  ["an advisory drain", drain(), "passed over"],
  ["a final drain", finalDrain(2), "gone"],
];

for (const [what, frame, fate] of clientRows) {
  test(`a client's connection meets ${what} as the protocol says`, async (t) => {
    const { peer } = await meeting(t, inMemory());
    peer.send(frame);
    await meets(peer, fate);
  });
}

test("what a peer says after the frame that ended its connection is not looked at any more", async (t) => {
  const ground = inMemory();
  const { address, ran } = await serving(t, ground);
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["add"]), bare(19), request({ id: 2, args: [1, 2] }), ping());
  await peer.expect("opened");
  await peer.expectClose("UNEXPECTED_FRAME");
  assert.equal(ran.length, 0);
});

/** Sees that it comes so. */
async function meets(peer: RawPeer, fate: Fate): Promise<void> {
  if (fate === "gone") {
    await peer.expectEnd();
  } else if (fate === "passed over") {
    peer.send(ping(Buffer.from("alive")));
    await peer.expect("pong", { body: Buffer.from("alive") });
  } else if ("ends" in fate) {
    await peer.expectClose(fate.ends);
  } else {
    await peer.expect(fate.answered);
  }
}
