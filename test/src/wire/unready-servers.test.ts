import assert from "node:assert/strict";
import test from "node:test";
import type { RpcError } from "@rpc/core";
import { createManualClock, type ManualClock } from "@rpc/core/testing";
import { calling } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { inMemory } from "./ground/grounds.js";
import { greet } from "./ground/meeting.js";
import { close, drain, finalDrain, response, welcome } from "./raw/frames.js";
import type { RawPeer } from "./raw/peer.js";
import { type RawServer, raw } from "./raw/raw.js";

/** Without jitter. */
const steady = { random: () => 0.5 };

/** Does this with each connection that comes, and notes when it came. */
function meet(server: RawServer, clock: ManualClock, then: (peer: RawPeer) => unknown): number[] {
  const met: number[] = [];
  const forever = async (): Promise<void> => {
    for (;;) {
      const peer = await server.accept();
      met.push(Math.round(clock.now()));
      void then(peer);
    }
  };
  void forever();
  return met;
}

/** Servers that never become ready, as a client meets them. */
const unready: readonly (readonly [
  what: string,
  then: (peer: RawPeer) => unknown,
  reason: RegExp,
  attempts: readonly number[],
])[] = [
  [
    "accepts and stays silent",
    () => {},
    /CONNECT_TIMEOUT|HELLO_TIMEOUT/,
    // 5 s each, and the waits between them.
    [0, 5_100, 10_260, 15_516, 20_926],
  ],
  [
    "accepts and closes at once",
    (peer) => peer.cut(),
    /NO_HELLO|CONNECTION_LOST/,
    [0, 100, 260, 516, 926, 1_581, 2_630, 4_307, 6_992, 11_287, 18_159],
  ],
  [
    "accepts and tears it down",
    (peer) => peer.reset(),
    /NO_HELLO|CONNECTION_LOST/,
    [0, 100, 260, 516, 926, 1_581, 2_630, 4_307, 6_992, 11_287, 18_159],
  ],
  [
    "closes in the middle of its answer",
    async (peer) => {
      await peer.expect("hello");
      peer.bytes("f2525043 02 000050 0000").cut();
    },
    /NO_HELLO|CONNECTION_LOST/,
    [0, 100, 260, 516, 926, 1_581, 2_630, 4_307, 6_992, 11_287, 18_159],
  ],
  [
    "refuses with a reason",
    async (peer) => {
      await peer.expect("hello");
      peer.send({
        ...close({ code: 16, reason: "NO_TOKEN", message: "who are you?" }),
        lead: Buffer.from("f2525043", "hex"),
      });
      peer.cut();
    },
    /NO_TOKEN/,
    [0, 100, 260, 516, 926, 1_581, 2_630, 4_307, 6_992, 11_287, 18_159],
  ],
];

for (const [what, then, reason, attempts] of unready) {
  test(`a server that ${what} gets no request and no storm of attempts, and callers are told within 5 s who it was`, async (t) => {
    const ground = inMemory();
    const clock = createManualClock();
    const server = await raw.server(t, ground.listen, ground.transport);
    const kinds: unknown[] = [];
    const met = meet(server, clock, async (peer) => {
      await then(peer);
      kinds.push(...(await peer.rest()).map(({ kind }) => kind));
    });
    const { probe } = calling(t, ground, server.address, { clock, ...steady, timeoutMs: 60_000 });
    const failing = failed(probe.add(1, 2));
    await clock.advance(5_101);
    const error = await failing;
    assert.deepEqual([error.processed, error.endpoint], ["no", server.address]);
    assert.match(error.reason, reason);
    await clock.advance(20_000 - 1);
    assert.deepEqual(met.slice(0, attempts.length), attempts);
    assert.equal(met.length, attempts.length);
    assert.ok(
      kinds.every((kind) => kind === "hello" || kind === "close"),
      `it was sent ${kinds}`,
    );
  });
}

test("a server that welcomes and then goes, again and again, is dialled ever more seldom too", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const server = await raw.server(t, ground.listen, ground.transport);
  const met = meet(server, clock, async (peer) => {
    await peer.expect("hello");
    peer.send(welcome());
    await peer.expect("open");
    peer.reset();
  });
  const { probe } = calling(t, ground, server.address, { clock, ...steady, timeoutMs: 60_000 });
  const failing = failed(probe.add(1, 2));
  await clock.advance(20_000);
  assert.deepEqual(met, [0, 100, 260, 516, 926, 1_581, 2_630, 4_307, 6_992, 11_287, 18_159]);
  assert.equal((await failing).processed, "no");
});

/** Servers that are ready and then break the protocol, whenever they are dialled. */
const breaking: readonly (readonly [what: string, say: (peer: RawPeer) => unknown])[] = [
  ["speaks garbage behind its welcome", (peer) => peer.bytes("00000000000000000000000000")],
  ["answers calls that were never made", (peer) => peer.send(response(99))],
  ["announces a frame that is too long", (peer) => peer.bytes("06ffffff 0000 0000 00000001")],
  ["sends a frame that no state allows", (peer) => peer.send(welcome())],
  ["closes with an error", (peer) => peer.send(close({ code: 13, reason: "BROKEN" }))],
  ["drains at once", (peer) => peer.send(drain(), finalDrain(0))],
  ["drains at once and closes", (peer) => peer.send(drain(), finalDrain(0)).cut()],
  ["drains at once and speaks garbage", (peer) => peer.send(finalDrain(0)).bytes("00000000000000000000000000")],
];

for (const [what, say] of breaking) {
  test(`a server that ${what}, again and again, is dialled ever more seldom`, async (t) => {
    const ground = inMemory();
    const clock = createManualClock();
    const server = await raw.server(t, ground.listen, ground.transport);
    const met = meet(server, clock, async (peer) => {
      await greet(peer);
      say(peer);
    });
    const { probe } = calling(t, ground, server.address, { clock, ...steady, timeoutMs: 60_000 });
    const failing = failed(probe.add(1, 2));
    await clock.advance(20_000);
    assert.deepEqual(met, [0, 100, 260, 516, 926, 1_581, 2_630, 4_307, 6_992, 11_287, 18_159]);
    assert.notEqual((await failing).processed, "yes");
  });
}

test("a server that drains as soon as it is given a call, again and again, is dialled ever more seldom", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const server = await raw.server(t, ground.listen, ground.transport);
  const calls: Promise<RpcError>[] = [];
  const { probe } = calling(t, ground, server.address, { clock, ...steady, timeoutMs: 60_000 });
  const met = meet(server, clock, async (peer) => {
    await greet(peer);
    const { id } = await peer.expect("request");
    // The call goes on, and with it the connection, which takes no other.
    peer.send(finalDrain(id));
    await clock.settle();
    peer.reset();
    calls.push(failed(probe.add(1, 2)));
  });
  calls.push(failed(probe.add(1, 2)));
  await clock.advance(20_000);
  assert.ok(met.length <= 12, `dialled at ${met} ms`);
  for (const { processed } of await Promise.all(calls.slice(0, -1))) assert.equal(processed, "maybe");
});

test("after ten seconds of health the first wait is a short one again", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const server = await raw.server(t, ground.listen, ground.transport);
  const met: number[] = [];
  const { probe } = calling(t, ground, server.address, { clock, ...steady, retry: false });
  const serve = async (healthMs: number): Promise<void> => {
    const peer = await server.accept();
    met.push(clock.now());
    await greet(peer);
    await clock.advance(healthMs);
    peer.reset();
    await clock.settle();
  };
  const waiting = probe.nothing().catch(() => {});
  for (const healthMs of [0, 0, 0, 12_000]) {
    const served = serve(healthMs);
    await clock.advance(1_000);
    await served;
  }
  const before = clock.now();
  const served = serve(0);
  await clock.advance(1_000);
  await served;
  assert.equal(met.at(-1)! - before, 100);
  await waiting;
});
