import assert from "node:assert/strict";
import test from "node:test";
import { defineService, RpcError, withOptions } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { calling } from "./ground/calling.js";
import { inMemory } from "./ground/grounds.js";
import { firstId, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { open, ping, request, response } from "./raw/frames.js";
import type { RawPeer } from "./raw/peer.js";
import { raw } from "./raw/raw.js";

const hourMs = 3_600_000;
/** No pings among the frames. */
const quiet = { suspectAfterMs: Number.POSITIVE_INFINITY };

const WaitingService = defineService<{ wait(): string }>("Waiting", { wait: {} });

for (const timeoutMs of [0, -0, -1, -0.001, -1e20, Number.NEGATIVE_INFINITY]) {
  test(`a call with timeoutMs ${timeoutMs} has expired already: it fails at once and nothing is sent`, async (t) => {
    const { peer, probe } = await meeting(t, inMemory());
    const before = peer.receivedBytes;
    await assert.rejects(withOptions(probe, { timeoutMs }).add(1, 2), {
      code: "deadline_exceeded",
      reason: "DEADLINE_EXCEEDED",
      processed: "no",
    });
    peer.send(ping());
    await peer.expect("pong");
    assert.equal(peer.receivedBytes, before + 12);
  });
}

for (const timeoutMs of [Number.NaN, "50", null, 5n, {}, []]) {
  test(`timeoutMs ${String(timeoutMs)} (${typeof timeoutMs}) is refused where it is written, not where it is used`, async (t) => {
    const { probe } = await meeting(t, inMemory());
    assert.throws(() => withOptions(probe, { timeoutMs: timeoutMs as number }), TypeError);
  });
}

for (const [timeoutMs, onWire] of [
  [1, 1],
  [1.75, 1],
  [hourMs, hourMs],
  [hourMs + 1, hourMs],
  [2 ** 31, hourMs],
  [2 ** 32, hourMs],
  [1e20, hourMs],
  [Number.MAX_VALUE, hourMs],
  [Number.POSITIVE_INFINITY, hourMs],
] as const) {
  test(`a call with timeoutMs ${timeoutMs} tells its server of ${onWire} ms and waits that long, not a moment and not for ever`, async (t) => {
    const clock = createManualClock(1_000);
    const { peer, probe } = await meeting(t, inMemory(), { clock });
    let settled = false;
    const call = withOptions(probe, { timeoutMs })
      .add(1, 2)
      .finally(() => {
        settled = true;
      });
    const outcome = assert.rejects(call, { code: "deadline_exceeded", processed: "maybe" });
    const { fields } = await peer.expect("request", { id: firstId });
    assert.equal(fields.timeLeftMs, onWire);
    // Who is silent for so long is asked whether it is there.
    const answering = answerPings(peer);
    await clock.advance(Math.min(timeoutMs, hourMs) - 0.5);
    assert.equal(settled, false);
    await clock.advance(25.5);
    assert.equal(settled, true);
    await outcome;
    await answering;
  });
}

/** Answers every ping until the call is given up. */
async function answerPings(peer: RawPeer): Promise<void> {
  for (;;) {
    const frame = await peer.next();
    if (frame.kind === "cancel") return;
    assert.equal(frame.kind, "ping");
    peer.send({ kind: "pong" });
  }
}

test("the time left is what is left when the call leaves, its wait in the queue taken off", async (t) => {
  const clock = createManualClock();
  const { peer, probe } = await meeting(t, inMemory(), { clock, limits: { inFlight: 1 }, keepAlive: quiet });
  const first = probe.nothing();
  const second = withOptions(probe, { timeoutMs: 1_000 }).nothing();
  const third = withOptions(probe, { timeoutMs: 200 }).nothing();
  const expired = assert.rejects(third, { code: "deadline_exceeded", processed: "no" });
  await clock.advance(300);
  await expired;
  await peer.expect("request", { id: firstId });
  peer.send(response(firstId));
  const { id, fields } = await peer.expect("request");
  assert.equal(fields.timeLeftMs, 700);
  peer.send(response(id));
  await Promise.all([first, second]);
});

test("a caller whose time is up is told at once, and its server is told with a cancel", async (t) => {
  const clock = createManualClock();
  const { peer, probe } = await meeting(t, inMemory(), { clock, timeoutMs: 500, keepAlive: quiet });
  const failing = probe.add(1, 2).catch((thrown: unknown) => thrown);
  await peer.expect("request", { id: firstId });
  await clock.advance(525);
  const failed = await failing;
  assert.ok(failed instanceof RpcError);
  assert.deepEqual([failed.code, failed.processed], ["deadline_exceeded", "maybe"]);
  assert.match(failed.message, /\/Probe\/add.*500 ms.*memory:\/\//);
  await peer.expect("cancel", { id: firstId });
  peer.send(response(firstId, { value: "too late" }));
  const next = probe.echo("next");
  await peer.expect("request", { id: firstId + 1 });
  peer.send(response(firstId + 1, { value: "next" }));
  assert.equal(await next, "next");
});

test("a request that has expired when it arrives is not run and is told so", async (t) => {
  const ground = inMemory();
  const { address, ran } = await serving(t, ground);
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["add"]), request({ id: 2, args: [1, 2], timeLeftMs: 0 }));
  await peer.expect("opened");
  await peer.expect("reject", { id: 2, code: "deadline_exceeded", processed: "no" });
  assert.equal(ran.length, 0);
});

for (const [timeLeftMs, deadline] of [
  [undefined, hourMs],
  [0xffff_ffff, hourMs],
  [hourMs + 1, hourMs],
  [250, 250],
] as const) {
  test(`a request that says it has ${timeLeftMs} ms left has ${deadline}`, async (t) => {
    const ground = inMemory();
    const clock = createManualClock(7_000);
    const { address, ran, aborted } = await serving(t, ground, { clock });
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["hang"]), request({ id: 2, ...(timeLeftMs !== undefined && { timeLeftMs }) }));
    await peer.expect("opened");
    await clock.settle();
    assert.equal(ran[0]?.deadline, 7_000 + deadline);
    if (deadline > 1_000) return;
    await clock.advance(deadline - 1);
    assert.equal(aborted.length, 0);
    await clock.advance(26);
    assert.equal(aborted.length, 1, "the handler was told");
  });
}

test("a request that expires while it waits for room to answer in is never run", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, ran } = await serving(t, ground, {
    clock,
    limits: { highWaterBytes: 50_000 },
    on: { much: () => "x".repeat(60_000) },
  });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["much", "add"]));
  await peer.expect("opened");
  peer.stopReading();
  for (let id = 2; id < 20; id++) {
    peer.send(request({ id }));
    await clock.settle();
  }
  const begun = ran.length;
  assert.ok(begun < 18, `${begun} of 18 were begun with nobody reading the answers`);
  peer.send(request({ id: 20, method: 1, args: [1, 2], timeLeftMs: 100 }));
  await clock.advance(300);
  peer.goOnReading();
  const answers = [];
  while (answers.length < 19) answers.push(await peer.next());
  const refused = answers.filter(({ kind }) => kind !== "response");
  assert.deepEqual(
    refused.map(({ id, fault }) => [id, fault?.reason, fault?.processed]),
    [[20, "DEADLINE_EXCEEDED", "no"]],
  );
  assert.equal(ran.length, 18);
});

for (let offsetMs = -3; offsetMs <= 12; offsetMs += 0.5) {
  test(`an answer that comes ${offsetMs} ms from the deadline has one outcome, and leaves nothing behind`, async (t) => {
    const clock = createManualClock();
    const ground = inMemory();
    const release: (() => void)[] = [];
    const { address } = await serving(t, ground, {
      clock,
      on: { wait: () => new Promise((resolve) => release.push(() => resolve("in time"))) },
    });
    const { connector, probe } = calling(t, ground, address, { clock, timeoutMs: 100 });
    const waiting = connector.client(WaitingService);
    await probe.nothing();
    const startedAt = clock.now();
    const outcomes: string[] = [];
    void waiting.wait().then(
      (value) => outcomes.push(value),
      (error: RpcError) => outcomes.push(error.code),
    );
    await clock.settle();
    clock.setTimer(() => release[0]?.(), 100 + offsetMs);
    await clock.advance(100 + offsetMs - 0.01);
    if (offsetMs < 0) assert.deepEqual(outcomes, []);
    await clock.advance(30);
    assert.equal(outcomes.length, 1);
    if (offsetMs < 0) assert.deepEqual(outcomes, ["in time"]);
    if (offsetMs > 10) assert.deepEqual(outcomes, ["deadline_exceeded"]);
    assert.ok(clock.now() - startedAt < 150);
    assert.equal(await probe.add(1, 2), 3);
  });
}
