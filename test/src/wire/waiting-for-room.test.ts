import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import test from "node:test";
import { oneway, withOptions } from "@rpc/core";
import { calling } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { inMemory } from "./ground/grounds.js";
import { firstId, greet, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { response } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

const agreed = { welcome: { features: 8 } };

test("with whenFull wait every call gets its turn, in order, whatever does not fit at once", async (t) => {
  const ground = inMemory();
  const { address, ran } = await serving(t, ground);
  const { probe } = calling(t, ground, address, {
    whenFull: "wait",
    limits: { inFlight: 2, sendQueueEntries: 3 },
  });
  const calls = Array.from({ length: 2_000 }, (_, n) => probe.add(n, 1));
  assert.deepEqual(
    await Promise.all(calls),
    Array.from({ length: 2_000 }, (_, n) => n + 1),
  );
  assert.deepEqual(
    ran.map(({ input }) => input[0]),
    Array.from({ length: 2_000 }, (_, n) => n),
  );
});

test("the bytes in the queue make calls wait too, and one that could never fit is told so", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground);
  const { probe, connector } = calling(t, ground, address, {
    whenFull: "wait",
    limits: { inFlight: 1, sendQueueBytes: 5_000 },
  });
  await probe.nothing();
  const texts = Array.from({ length: 50 }, (_, n) => `${n}`.padEnd(2_000, "x"));
  assert.deepEqual(await Promise.all(texts.map((text) => probe.echo(text))), texts);
  const first = probe.echo("first");
  const large = await failed(probe.echo("x".repeat(6_000)));
  assert.deepEqual([large.code, large.reason, large.processed], ["resource_exhausted", "QUEUE_FULL", "no"]);
  assert.equal(await first, "first");
  await connector.close();
});

test("a call that waits for room leaves at its deadline, or when it is cancelled, and those behind it go on", async (t) => {
  const { peer, probe } = await meeting(t, inMemory(), {
    whenFull: "wait",
    limits: { inFlight: 1, sendQueueEntries: 1 },
  });
  const first = probe.echo("first");
  await peer.expect("request", { value: ["first"] });
  const queued = probe.echo("queued");
  const late = failed(withOptions(probe, { timeoutMs: 20 }).echo("late"));
  const controller = new AbortController();
  const cancelled = failed(withOptions(probe, { signal: controller.signal }).echo("cancelled"));
  const last = probe.echo("last");
  controller.abort();
  assert.deepEqual([(await cancelled).code, (await cancelled).processed], ["cancelled", "no"]);
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  assert.deepEqual([(await late).code, (await late).processed], ["deadline_exceeded", "no"]);
  for (const [at, value] of ["first", "queued", "last"].entries()) {
    if (at > 0) await peer.expect("request", { id: firstId + at, value: [value] });
    peer.send(response(firstId + at, { value }));
  }
  assert.deepEqual(await Promise.all([first, queued, last]), ["first", "queued", "last"]);
});

test("a producer of oneway calls that awaits each is held by whenFull wait, and none of them is lost", async (t) => {
  const { peer, probe } = await meeting(
    t,
    inMemory(),
    { whenFull: "wait", limits: { inFlight: 1, sendQueueEntries: 4 } },
    agreed,
  );
  const blocking = probe.echo("blocking");
  await peer.expect("request", { value: ["blocking"] });
  let accepted = 0;
  const producing = (async () => {
    for (let n = 0; n < 20; n++) {
      await oneway(probe).echo(n);
      accepted++;
    }
  })();
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(accepted, 4, "the fifth waits for room");
  peer.send(response(firstId, { value: 1 }));
  for (let n = 0; n < 20; n++) await peer.expect("request", { value: [n] });
  await producing;
  assert.equal(accepted, 20);
  await blocking;
});

test("so many may wait for room and no more: the next is told by which option", async (t) => {
  const { peer, probe } = await meeting(t, inMemory(), {
    whenFull: "wait",
    limits: { inFlight: 1, sendQueueEntries: 1, sendQueueWaiters: 2 },
  });
  const calls = [probe.echo(0), probe.echo(1), probe.echo(2), probe.echo(3)];
  const over = await failed(probe.echo(4));
  assert.deepEqual([over.code, over.reason, over.processed], ["resource_exhausted", "QUEUE_FULL", "no"]);
  assert.match(over.message, /2 calls wait for room in the send queue .*limits\.sendQueueWaiters.*await some/);
  for (let n = 0; n < 4; n++) {
    await peer.expect("request", { value: [n] });
    peer.send(response(firstId + n, { value: n }));
  }
  assert.deepEqual(await Promise.all(calls), [0, 1, 2, 3]);
});

test("those that wait for room go on with the next connection when theirs is lost, since they certainly did not run", async (t) => {
  const ground = inMemory();
  const { peer, probe, server } = await meeting(t, ground, {
    whenFull: "wait",
    retry: {},
    limits: { inFlight: 1, sendQueueEntries: 1 },
  });
  const written = failed(probe.echo("written"));
  await peer.expect("request", { value: ["written"] });
  const waiting = [probe.echo(1), probe.echo(2), probe.echo(3)];
  peer.cut();
  assert.equal((await written).processed, "maybe");
  const next = await server.accept();
  await greet(next);
  for (let n = 1; n <= 3; n++) {
    const { id } = await next.expect("request", { value: [n] });
    next.send(response(id, { value: n }));
  }
  assert.deepEqual(await Promise.all(waiting), [1, 2, 3]);
});

for (const [whenFull, refused, kept] of [
  ["refuse", "QUEUE_FULL", 0],
  ["wait", "QUEUE_FULL", 0],
  ["evict", "QUEUE_EVICTED", 1],
] as const) {
  test(`where no instance is ready whenFull ${whenFull} decides as well`, async (t) => {
    const ground = inMemory();
    const server = await raw.server(t, ground.listen, ground.transport);
    const limits = { sendQueueEntries: 2, sendQueueWaiters: 1 };
    const { probe, connector } = calling(t, ground, server.address, { whenFull, limits });
    const most = whenFull === "wait" ? 3 : 2;
    const calls = Array.from({ length: most + 1 }, (_, n) => failed(probe.echo(n)));
    const error = await calls[kept === 1 ? 0 : most]!;
    assert.deepEqual([error.code, error.reason, error.processed], ["resource_exhausted", refused, "no"]);
    assert.match(error.message, /limits\.sendQueueEntries/);
    await connector.close();
    await Promise.all(calls);
  });
}
