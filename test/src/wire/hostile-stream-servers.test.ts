import assert from "node:assert/strict";
import test from "node:test";
import type { RpcError } from "@rpc/core";
import { failed } from "./ground/failed.js";
import { type Fate, meets, skipped, streamBytes, unknownId, unknownStream } from "./ground/stream-fates.js";
import { attackClient, type Flows } from "./ground/streaming.js";
import { cancel, chunk, credit, end, error, type Frame, item, reject, response } from "./raw/frames.js";

/** Frames that a server says of a result that is open, or of an argument, and what becomes of the caller. */
const fromServers: readonly (readonly [
  what: string,
  method: "count" | "total" | "back",
  said: readonly Frame[],
  fate: Fate,
  ends: string,
])[] = [
  ["an item before it has opened the result", "count", [item(3)], unknownStream, "UNKNOWN_STREAM"],
  ["an end before it has opened the result", "count", [end(3)], unknownStream, "UNKNOWN_STREAM"],
  [
    "an item of stream 1",
    "count",
    [response(3, { body: Buffer.alloc(0) }), item(3, { target: 1 })],
    unknownStream,
    "UNKNOWN_STREAM",
  ],
  [
    "an end of stream 1",
    "back",
    [response(3, { body: Buffer.alloc(0) }), end(3, { target: 1 })],
    unknownStream,
    "UNKNOWN_STREAM",
  ],
  ["a second end", "count", [response(3, { body: Buffer.alloc(0) }), end(3), end(3)], skipped, "done"],
  ["an item behind the end", "count", [response(3, { body: Buffer.alloc(0) }), end(3), item(3)], skipped, "done"],
  ["an error behind the end", "count", [response(3, { body: Buffer.alloc(0) }), end(3), error(3)], skipped, "done"],
  ["an end behind the error", "count", [response(3, { body: Buffer.alloc(0) }), error(3), end(3)], skipped, "TEST"],
  [
    "a second response",
    "count",
    [response(3, { body: Buffer.alloc(0) }), response(3, { body: Buffer.alloc(0) }), end(3)],
    { ends: "UNEXPECTED_FRAME" },
    "UNEXPECTED_FRAME",
  ],
  ["an end of a call without a result that streams", "total", [end(3)], unknownStream, "UNKNOWN_STREAM"],
  ["an item of a call without a result that streams", "total", [item(3)], unknownStream, "UNKNOWN_STREAM"],
  [
    "a cancel of an argument that does not exist",
    "total",
    [cancel(3, { target: 7 }), response(3, { value: 0 })],
    skipped,
    "0",
  ],
  [
    "a cancel of an argument twice",
    "total",
    [cancel(3, { target: 1 }), cancel(3, { target: 1 }), response(3, { value: 0 })],
    skipped,
    "0",
  ],
  ["a cancel of the whole call", "total", [cancel(3)], { ends: "WRONG_INITIATOR" }, "WRONG_INITIATOR"],
  ["a reject behind the open", "count", [response(3, { body: Buffer.alloc(0) }), reject(3)], skipped, "TEST"],
  [
    "an item above the credit",
    "count",
    [response(3, { body: Buffer.alloc(0) }), item(3, { body: Buffer.alloc(2_000) })],
    { ends: "CREDIT_EXCEEDED" },
    "CREDIT_EXCEEDED",
  ],
  [
    "credit that overflows an argument",
    "total",
    [credit(3, 0x7fff_ffff, { target: 1 })],
    { ends: "CREDIT_OVERFLOW" },
    "CREDIT_OVERFLOW",
  ],
  [
    "credit that overflows the connection",
    "total",
    [credit(0, 0x7fff_ffff)],
    { ends: "CREDIT_OVERFLOW" },
    "CREDIT_OVERFLOW",
  ],
  [
    "credit for an argument that does not exist",
    "total",
    [credit(3, 1_000, { target: 5 }), response(3, { value: 0 })],
    skipped,
    "0",
  ],
  [
    "a chunk of a result that streams",
    "count",
    [response(3, { body: Buffer.alloc(0) }), chunk(3, Buffer.alloc(3)), end(3)],
    skipped,
    "done",
  ],
  ["an item of a call that was never made", "count", [item(99)], unknownId, "UNKNOWN_ID"],
  ["an end of a call that was never made", "count", [end(99)], unknownId, "UNKNOWN_ID"],
  ["credit for a call that was never made", "count", [credit(99, 1_000)], unknownId, "UNKNOWN_ID"],
];

for (const [what, method, said, fate, ends] of fromServers) {
  test(`a client holds against ${what}, and its call to ${method} ends once`, async (t) => {
    const { peer, client, clock } = await attackClient(t);
    let left = 0;
    async function* waiting(): AsyncGenerator<number> {
      try {
        // One item, so that it has begun; then it waits until it is left.
        yield 1;
        for (;;) yield 2;
      } finally {
        left++;
      }
    }
    const called = ending(client, method, waiting());
    await peer.expect("request", { id: 3 });
    peer.send(...said.map((frame) => frame));
    await meets(peer, fate);
    peer.reset();
    await clock.settle();
    assert.equal(await called, ends);
    await clock.settle();
    if (method !== "count") assert.equal(left, 1, "the source goes on");
  });
}

/** What a call came to: its value, "done" behind its items, or the reason of its error. */
async function ending(
  client: { count: Flows["count"]; total(items: AsyncIterable<unknown>): Promise<number>; back: Flows["back"] },
  method: "count" | "total" | "back",
  items: AsyncIterable<unknown>,
): Promise<string> {
  try {
    if (method === "total") return String(await client.total(items));
    const stream = method === "count" ? client.count(5) : client.back(items);
    for await (const _ of stream);
    return "done";
  } catch (thrown) {
    return (thrown as RpcError).reason;
  }
}

test("a result that a client does not read is let come no further than its credit, and what is too much ends the connection", async (t) => {
  const { peer, client, clock } = await attackClient(t);
  const stream = client.count(5);
  await peer.expect("request", { id: 3 });
  peer.send(response(3, { body: Buffer.alloc(0) }), ...Array.from({ length: 78 }, () => item(3, { value: 1 })));
  await meets(peer, "passed over");
  peer.send(item(3, { body: Buffer.alloc(streamBytes) }));
  await meets(peer, { ends: "CREDIT_EXCEEDED" });
  await clock.settle();
  for (let n = 0; n < 78; n++) assert.equal((await stream.next()).value, 1);
  assert.equal((await failed(stream.next())).reason, "CREDIT_EXCEEDED");
  assert.equal((await stream.next()).done, true);
});
