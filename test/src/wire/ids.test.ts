import assert from "node:assert/strict";
import test from "node:test";
import { grounds, inMemory } from "./ground/grounds.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { cancel, chunk, type Frame, open, opened, ping, request, response } from "./raw/frames.js";
import { flagsOf } from "./raw/numbers.js";
import { raw } from "./raw/raw.js";

/** What no peer of good will sends. */
const offences: readonly (readonly [string, Frame, reason: string])[] = [
  ["an id that runs already", request({ id: 3 }), "ID_REUSED"],
  ["an id that was answered", request({ id: 2 }), "ID_REUSED"],
  ["the id of an open", request({ id: 1 }), "ID_REUSED"],
  ["an id of the other side's", request({ id: 9, flags: flagsOf("acceptor") }), "WRONG_INITIATOR"],
  ["an answer to a call that was never made", response(5, { flags: flagsOf("acceptor") }), "UNKNOWN_ID"],
  ["a service that was never asked for", { ...opened(5, []), flags: flagsOf("acceptor") }, "UNKNOWN_ID"],
  ["a cancel of what was never begun", cancel(9), "UNKNOWN_ID"],
  ["a part of what was never begun", chunk(9, Buffer.alloc(1)), "UNKNOWN_ID"],
  ["a kind that nobody knows", { kind: 77 }, "UNEXPECTED_FRAME"],
  [
    "fields that end in the middle",
    { ...ping(), kind: "request", flags: flagsOf("time"), id: 9, body: Buffer.alloc(3) },
    "MALFORMED_FRAME",
  ],
  ["an open that ends in the middle", { kind: "open", id: 9, body: Buffer.from([0, 9, 65]) }, "MALFORMED_FRAME"],
  ["a codec that was not agreed", request({ id: 9, codec: 77 }), "UNKNOWN_CODEC"],
];

for (const ground of grounds.map((make) => make())) {
  for (const [what, frame, reason] of offences) {
    test(`a caller that sends ${what} is cut off, and handlers that work for it are told to stop (${ground.name})`, async (t) => {
      const { address, aborted, ran, server } = await serving(t, ground);
      const peer = await raw.greeted(t, address, ground.transport);
      peer.send(open("Probe", ["add", "hang"]), request({ id: 2, args: [1, 2] }), request({ id: 3, method: 1 }));
      await peer.expect("opened", { id: 1 });
      await peer.expect("response", { id: 2 });
      await until("the handler runs", () => ran.length === 2);
      peer.send(frame);
      await peer.expectClose(reason, { processed: "maybe" });
      await until("the handler was told", () => aborted.length === 1);
      assert.equal(aborted[0]?.method.name, "hang");
      assert.equal(ran.length, 2);
      assert.equal(server.connections, 0);
    });
  }
}

test("a caller that is cut off takes nobody with it", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground);
  const [good, bad] = await Promise.all([
    raw.greeted(t, address, ground.transport),
    raw.greeted(t, address, ground.transport),
  ]);
  bad.bytes("ff".repeat(12));
  await bad.expectClose("FRAME_TOO_LARGE");
  good.send(open("Probe", ["add"]), request({ id: 2, args: [1, 2] }));
  await good.expect("opened");
  await good.expect("response", { id: 2, value: 3 });
});

test("ids may leave gaps of any size, so that a client can skip those whose slot is taken", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground);
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["add"], { id: 7 }));
  await peer.expect("opened", { id: 7 });
  for (const id of [8, 1_000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    peer.send(request({ id, args: [id, 0] }));
    await peer.expect("response", { id, value: id });
  }
});
