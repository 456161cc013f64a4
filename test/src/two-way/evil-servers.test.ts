import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { bind, type Offer, RpcError } from "@rpc/core";
import { createManualClock, type ManualClock } from "@rpc/core/testing";
import { failed } from "../wire/ground/failed.js";
import { inMemory } from "../wire/ground/grounds.js";
import { type Meeting, meeting } from "../wire/ground/meeting.js";
import { until } from "../wire/ground/until.js";
import { bytesOf, cancel, chunk, type Frame, open, request } from "../wire/raw/frames.js";
import { flagBits } from "../wire/raw/numbers.js";
import { PhoneService, phone } from "./desk.js";

const offer: Offer = { services: [bind(PhoneService, phone)], ambient: true };

/** A frame about an id that the server has given out. */
const ofServer = (frame: Frame): Frame => ({ ...frame, flags: (frame.flags ?? 0) | flagBits.acceptor });

/** Frames in one piece. */
function many(count: number, frame: (n: number) => readonly Frame[]): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, n) => frame(n).map((each) => bytesOf(ofServer(each)))).flat());
}

const metadata = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`name-${n}`, "v".repeat(80)]));

/** What a server may ask too much of, once it has opened the phone under id 1: `hang` is 2. */
const floods: Readonly<Record<string, () => Buffer>> = {
  opens: () => many(1_001, (n) => [open("Phone", ["hang"], { id: n + 2 })]),
  "opens of services with made-up names": () => many(1_001, (n) => [open(`Phone${n}`, [`m${n}`], { id: n + 2 })]),
  "requests with their cancels": () => many(12_000, (n) => [request({ id: n + 2, method: 2 }), cancel(n + 2)]),
  "requests that are too many": () => many(12_000, (n) => [request({ id: n + 2, method: 2 })]),
  "requests of what was not opened": () => many(10_001, (n) => [request({ id: n + 2, method: 9 })]),
  "requests without a body": () => many(12_000, (n) => [request({ id: n + 2, method: 2, body: Buffer.alloc(0) })]),
  "requests with much metadata": () => many(10_001, (n) => [request({ id: n + 2, metadata }), cancel(n + 2)]),
  "chunks of no bytes": () => many(10_001, () => [chunk(1, Buffer.alloc(0), { more: true })]),
};

async function meet(t: TestContext, clock: ManualClock, serve: Offer | undefined): Promise<Meeting> {
  const met = await meeting(t, inMemory(), { clock, ...(serve === undefined ? {} : { serve }) });
  met.peer.send(ofServer(open("Phone", ["ring", "down", "hang"])));
  await met.peer.expect("opened", { id: 1, flags: flagBits.acceptor });
  return met;
}

for (const [whom, serve] of [
  ["a client that offers services", offer],
  ["a client that offers nothing", undefined],
] as const) {
  for (const [what, flood] of Object.entries(floods)) {
    test(`a server that floods ${whom} with ${what} is told to calm down, and left`, async (t) => {
      // Time stands still: however slow the machine, it is all within a second.
      const clock = createManualClock();
      const { connector, peer, probe } = await meet(t, clock, serve);
      const waiting = failed(probe.hang());
      await peer.expect("request");
      peer.pieces(flood(), 16_384);
      const last = (await peer.rest()).at(-1);
      assert.equal(last?.fault?.reason, "ENHANCE_YOUR_CALM");
      const error = await waiting;
      assert.deepEqual(
        [error.code, error.reason, error.processed],
        ["resource_exhausted", "ENHANCE_YOUR_CALM", "maybe"],
      );
      await until("nothing is left of it", () => {
        const { connectionsOpen, fromPeers } = connector.stats();
        return connectionsOpen === 0 && fromPeers.calls.pending === 0 && fromPeers.waitQueue.entries === 0;
      });
    });
  }
}

test("a client says in its hello that it offers services, and how few requests it takes at once; one more is rejected", async (t) => {
  const { peer } = await meet(t, createManualClock(), offer);
  for (let id = 2; id < 2 + 128; id++) peer.send(ofServer(request({ id, method: 2 })));
  peer.send(ofServer(request({ id: 130, method: 2 })));
  const { fault } = await peer.expect("reject", { id: 130, flags: flagBits.acceptor, reason: "IN_FLIGHT_LIMIT" });
  assert.match(fault!.message, /128 calls of this connection have no answer yet, and serve\.inFlight is 128/);
  // Features: streams, oneway, error classes, offers; the limits begin with messageBytes and inFlight.
  for (const field of ["0200040000003c", "0400180040000000000080"])
    assert.ok(peer.received.includes(Buffer.from(field, "hex")), field);
});

test("a client's handlers are no more than serve.handlersRunning, whatever its server asks: the rest waits, then is turned away", async (t) => {
  const clock = createManualClock();
  const { peer, connector } = await meet(t, clock, { ...offer, handlersRunning: 2, waitQueueEntries: 3 } as Offer);
  for (let id = 2; id <= 7; id++) peer.send(ofServer(request({ id, method: 2 })));
  const rejected = await peer.expect("reject", { reason: "WAIT_QUEUE_FULL", processed: "no" });
  assert.equal(rejected.id, 7);
  const { running, waitQueue, turnedAway } = connector.stats().fromPeers;
  assert.deepEqual([running, waitQueue.entries, turnedAway], [2, 3, 1]);
});

test("a client's authorize sees which server asks for what before anything is decoded", async (t) => {
  const seen: unknown[] = [];
  const { peer } = await meet(t, createManualClock(), {
    services: [bind(PhoneService, phone)],
    authorize: ({ peer: { address, instance, identity }, method }) => {
      seen.push([address.startsWith("memory:"), instance, identity, method.path]);
      return new RpcError("permission_denied", "nobody may ring", { reason: "NO_RINGING" });
    },
  });
  peer.send(ofServer(request({ id: 2, method: 0, body: Buffer.from("c1c1c1", "hex") })));
  await peer.expect("reject", { id: 2, reason: "NO_RINGING", processed: "no" });
  assert.deepEqual(seen, [[true, "raw", undefined, "/Phone/ring"]]);
});
