import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import test from "node:test";
import { bind, createClient, createDispatcher, withOptions } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { calling, ProbeService } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { grounds, inMemory } from "./ground/grounds.js";
import { heldBytes } from "./ground/heap.js";
import { firstId, greet, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { cancel, chunk, open, ping, request, response } from "./raw/frames.js";
import type { RawPeer } from "./raw/peer.js";
import { raw } from "./raw/raw.js";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

/** Sees that nothing has come but what was taken. */
async function silent(peer: RawPeer): Promise<void> {
  peer.send(ping(Buffer.from("quiet?")));
  await peer.expect("pong", { body: Buffer.from("quiet?") });
}

test("a call with a signal that has aborted fails at once, sends nothing, and keeps the reason", async (t) => {
  const { peer, probe } = await meeting(t, inMemory());
  const signal = AbortSignal.abort(new Error("why"));
  const error = await failed(withOptions(probe, { signal }).add(1, 2));
  assert.deepEqual([error.code, error.reason, error.processed], ["cancelled", "CANCELLED", "no"]);
  assert.equal((error.cause as Error).message, "why");
  assert.equal(listeners(signal), 0);
  await silent(peer);
});

test("a call that is cancelled while there is no connection yet never leaves, and connecting goes on for others", async (t) => {
  const ground = inMemory();
  const server = await raw.server(t, ground.listen, ground.transport);
  const { probe } = calling(t, ground, server.address);
  const controller = new AbortController();
  const cancelled = failed(withOptions(probe, { signal: controller.signal }).add(1, 2));
  const other = probe.nothing();
  const peer = await server.accept();
  controller.abort();
  assert.deepEqual([(await cancelled).code, (await cancelled).processed], ["cancelled", "no"]);
  await greet(peer);
  await peer.expect("request", { id: 2, target: 2 });
  peer.send(response(2));
  await other;
  assert.equal(listeners(controller.signal), 0);
  await silent(peer);
});

test("a call that is cancelled in the queue never leaves, and those around it do", async (t) => {
  const { peer, probe } = await meeting(t, inMemory(), { limits: { inFlight: 1 } });
  const controller = new AbortController();
  const first = probe.echo("first");
  const second = failed(withOptions(probe, { signal: controller.signal }).echo("second"));
  const third = probe.echo("third");
  controller.abort();
  assert.equal((await second).processed, "no");
  await peer.expect("request", { value: ["first"] });
  peer.send(response(firstId, { value: 1 }));
  const { id } = await peer.expect("request", { value: ["third"] });
  peer.send(response(id, { value: 3 }));
  assert.deepEqual(await Promise.all([first, third]), [1, 3]);
  await silent(peer);
});

test("a call that is cancelled in the turn in which it was made counts as written: its server is told", async (t) => {
  const { peer, probe } = await meeting(t, inMemory());
  const controller = new AbortController();
  const call = failed(withOptions(probe, { signal: controller.signal }).echo("made"));
  controller.abort();
  assert.deepEqual([(await call).code, (await call).processed], ["cancelled", "maybe"]);
  await peer.expect("request", { id: firstId });
  await peer.expect("cancel", { id: firstId });
  await silent(peer);
});

test("a call that is cancelled after it was written is told to its server once, its answer is dropped, and its id is not used again", async (t) => {
  const { peer, probe } = await meeting(t, inMemory());
  const controller = new AbortController();
  const call = failed(withOptions(probe, { signal: controller.signal }).echo("written"));
  await peer.expect("request", { id: firstId });
  controller.abort(new Error("changed my mind"));
  controller.abort();
  assert.deepEqual([(await call).code, (await call).processed], ["cancelled", "maybe"]);
  await peer.expect("cancel", { id: firstId });
  peer.send(response(firstId, { value: "late" }));
  const next = probe.echo("next");
  await peer.expect("request", { id: firstId + 1 });
  peer.send(response(firstId + 1, { value: "on time" }));
  assert.equal(await next, "on time");
  assert.equal(listeners(controller.signal), 0);
});

test("a cancel that comes after the answer changes nothing", async (t) => {
  const { peer, probe } = await meeting(t, inMemory());
  const controller = new AbortController();
  const call = withOptions(probe, { signal: controller.signal }).echo("answered");
  await peer.expect("request", { id: firstId });
  peer.send(response(firstId, { value: "here" }));
  assert.equal(await call, "here");
  assert.equal(listeners(controller.signal), 0);
  controller.abort();
  await silent(peer);
});

for (const ground of grounds.map((make) => make())) {
  test(`a handler whose caller cancels is told, and its place stays taken until it has settled (${ground.name})`, async (t) => {
    const release: (() => void)[] = [];
    const { address, aborted, ran } = await serving(t, ground, {
      handlersRunning: 1,
      on: { hang: () => new Promise<void>((resolve) => release.push(resolve)) },
    });
    const { probe } = calling(t, ground, address, { retry: false });
    const controller = new AbortController();
    const call = failed(withOptions(probe, { signal: controller.signal }).hang());
    await until("it runs", () => ran.length === 1);
    controller.abort();
    assert.equal((await call).code, "cancelled");
    await until("it was told", () => aborted.length === 1);
    const refused = await failed(probe.nothing());
    assert.equal(refused.reason, "CONCURRENCY_LIMIT");
    release[0]!();
    await until("its place is free", () => release.length === 1);
    await probe.nothing();
  });
}

test("a request and its cancel in one read: the handler is never begun", async (t) => {
  const ground = inMemory();
  const { address, ran } = await serving(t, ground);
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["add"]));
  await peer.expect("opened");
  peer.send(request({ id: 2, args: [1, 2] }), cancel(2), request({ id: 3, args: [3, 4] }), cancel(2), cancel(2));
  await peer.expect("response", { id: 3, value: 7 });
  assert.equal(ran.length, 1);
  await silent(peer);
});

test("a long request that is cancelled on its way is told with a cancel, and its server forgets the beginning", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, ran, server } = await serving(t, ground, { clock, limits: { partialMs: 1_000 } });
  const { probe } = calling(t, ground, address, { clock });
  await probe.nothing();
  const controller = new AbortController();
  const call = failed(withOptions(probe, { signal: controller.signal }).echo("x".repeat(3_000_000)));
  await new Promise((resolve) => process.nextTick(resolve));
  controller.abort();
  assert.equal((await call).code, "cancelled");
  assert.notEqual((await call).processed, "yes");
  assert.equal(await probe.add(1, 2), 3);
  await clock.advance(3_000);
  assert.equal(server.connections, 1, "the connection was not ended for a message that never ended");
  assert.ok(ran.length <= 3);
});

test("one signal shared by thousands of calls under way at once warns nobody and is left without a listener", async (t) => {
  const warnings: string[] = [];
  const warned = (warning: Error): void => void warnings.push(warning.message);
  process.on("warning", warned);
  t.after(() => process.removeListener("warning", warned));
  const ground = inMemory();
  const { address } = await serving(t, ground);
  const { probe } = calling(t, ground, address);
  const { signal } = new AbortController();
  const shared = withOptions(probe, { signal });
  for (let round = 0; round < 5; round++) {
    const calls = Array.from({ length: 3_000 }, (_, n) => shared.add(n, 1));
    assert.ok(listeners(signal) >= 1);
    await Promise.all(calls);
    assert.equal(listeners(signal), 0);
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(warnings, []);
});

test("one signal shared by a hundred thousand calls, one after the other, leaves no listener and no memory behind", async () => {
  const handlers = {
    add: (a: number, b: number) => a + b,
    echo: (v: unknown) => v,
    nothing: () => null,
    hang: () => null,
  };
  const dispatcher = createDispatcher([bind(ProbeService, handlers)]);
  const { signal } = new AbortController();
  const shared = withOptions(createClient(ProbeService, dispatcher.invoke), { signal });
  const round = async (calls: number): Promise<void> => {
    for (let n = 0; n < calls; n += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, at) => shared.add(n, at)));
    }
  };
  await round(20_000);
  const before = heldBytes();
  await round(100_000);
  const left = heldBytes() - before;
  assert.equal(listeners(signal), 0);
  assert.ok(left < 1_000_000, `${left} bytes were left behind by a hundred thousand calls`);
});

test("one abort ends all calls that share the signal, each once", async (t) => {
  const ground = inMemory();
  const { address, aborted, ran } = await serving(t, ground);
  const { probe } = calling(t, ground, address);
  const controller = new AbortController();
  const shared = withOptions(probe, { signal: controller.signal });
  const calls = Array.from({ length: 1_000 }, () => failed(shared.hang()));
  await until("some run", () => ran.length > 0);
  controller.abort();
  for (const error of await Promise.all(calls)) assert.equal(error.code, "cancelled");
  assert.equal(listeners(controller.signal), 0);
  await probe.nothing();
  await until("the handlers that had begun were told", () => aborted.length === ran.length - 1);
});

test("a chunk of a message that was given up is nothing to end a connection for", async (t) => {
  const clock = createManualClock();
  const { peer, probe } = await meeting(t, inMemory(), { clock, timeoutMs: 20 });
  const givenUp = failed(probe.add(1, 2));
  await peer.expect("request", { id: firstId });
  await clock.advance(25);
  await givenUp;
  await peer.expect("cancel", { id: firstId });
  const body = Buffer.alloc(100, 1);
  peer.send(response(firstId, { total: 100, body: body.subarray(0, 50) }), chunk(firstId, body.subarray(50)), ping());
  await peer.expect("pong");
});
