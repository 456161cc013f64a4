import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import test, { type TestContext } from "node:test";
import { bind, createClient, type Peer, serve } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { atEnd } from "../wire/ground/at-end.js";
import { failed } from "../wire/ground/failed.js";
import { inMemory } from "../wire/ground/grounds.js";
import { hello, opened, response } from "../wire/raw/frames.js";
import { flagBits } from "../wire/raw/numbers.js";
import { raw } from "../wire/raw/raw.js";
import { DeskService, PhoneService } from "./desk.js";

/** What a call that is late and the ping that asks after it may take together, in ms, and one look more. */
const suspectMs = 250 + 250 + 400 + 20;
const unanswered = () => new Promise<never>(() => {});

/** A server, and a raw client of it whose phone it has called once. */
async function called(t: TestContext) {
  const ground = inMemory();
  const clock = createManualClock();
  const server = await serve({
    services: [bind(DeskService, { add: (a, b) => a + b, ask: unanswered, down: unanswered, hang: unanswered })],
    listen: ground.listen,
    transports: ground.transports,
    clock,
  });
  const suspicions: boolean[] = [];
  const hear = (event: unknown): void => void suspicions.push((event as { suspect: boolean }).suspect);
  subscribe("rpc:connection:suspect", hear);
  atEnd(t, async () => {
    unsubscribe("rpc:connection:suspect", hear);
    const closed = server.close();
    await clock.advance(40_000);
    await closed;
  });
  const peer = await raw.client(t, server.address, ground.transport);
  peer.send(hello({ features: 32 }));
  await peer.expect("welcome");
  const [there] = server.peers() as [Peer];
  const phone = createClient(PhoneService, there.invoke);
  const first = phone.ring("first");
  await peer.expect("open", { flags: flagBits.acceptor });
  peer.send({ ...opened(1, [{ name: "ring", index: 0, idempotent: true }]), flags: flagBits.acceptor });
  await peer.expect("request", { id: 2 });
  peer.send(response(2, { value: "first", flags: flagBits.acceptor }));
  assert.equal(await first, "first");
  const suspect = (): boolean => server.stats().connections[0]!.suspect;
  return { clock, peer, phone, server, suspect, suspicions };
}

test("a client that is silent while it owes its server an answer is suspected within a second, until it is heard of", async (t) => {
  const { clock, peer, phone, suspect, suspicions } = await called(t);
  const call = phone.ring("late");
  await peer.expect("request", { id: 3 });
  assert.equal(suspect(), false);
  await clock.advance(suspectMs);
  await peer.expect("ping");
  assert.equal(suspect(), true);
  peer.send(response(3, { value: "late, but there", flags: flagBits.acceptor }));
  assert.equal(await call, "late, but there", "what is called at a peer stays there, idempotent or not");
  assert.equal(suspect(), false);
  assert.deepEqual(suspicions, [true, false]);
});

test("a client that stays silent is dropped, and its server's call fails", async (t) => {
  const { clock, peer, phone, server, suspicions } = await called(t);
  const call = failed(phone.ring("lost"));
  await peer.expect("request", { id: 3 });
  await clock.advance(40_000);
  const { code, reason, processed } = await call;
  assert.deepEqual([code, reason, processed], ["unavailable", "CONNECTION_LOST", "maybe"]);
  assert.deepEqual(suspicions, [true]);
  assert.equal(server.peers().length, 0);
});

test("a client that is silent and owes nothing is not suspected", async (t) => {
  const { clock, suspicions, server } = await called(t);
  await clock.advance(10_000);
  assert.deepEqual(suspicions, []);
  assert.equal(server.peers().length, 1);
});
