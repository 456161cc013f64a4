import assert from "node:assert/strict";
import test from "node:test";
import { setTimeout, setImmediate as turn } from "node:timers/promises";
import { createManualClock } from "@rpc/core/testing";
import { calling } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { inMemory, onTcp, onTls } from "./ground/grounds.js";
import { heldBytes } from "./ground/heap.js";
import { meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { open, pong, request } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

const MiB = 1_048_576;
const million = Buffer.alloc(MiB);

for (const ground of [onTcp(), onTls()]) {
  test(`a client that asks for a hundred answers of 1 MiB and reads none is cut off within seconds; others are served meanwhile: ${ground.name}`, async (t) => {
    // By default 10 s: so long this test does not wait.
    const limits = { partialMs: 2_000 };
    const { address, server, log } = await serving(t, ground, { limits, on: { large: () => million } });
    const { probe } = calling(t, ground, address);
    await probe.nothing();
    const before = heldBytes();
    const peer = await raw.greeted(t, address, ground.transport);
    peer.stopReading();
    const requests = Array.from({ length: 100 }, (_, n) => request({ id: n + 2 }));
    peer.send(open("Probe", ["large"]), ...requests);
    const startedAt = performance.now();
    let most = 0;
    for (let step = 0; server.connections > 1; step++) {
      // Looking costs a collection.
      if (step % 10 === 0) most = Math.max(most, heldBytes() - before);
      assert.equal(await probe.add(1, 2), 3);
      await setTimeout(10);
      assert.ok(performance.now() - startedAt < 10_000, "it is still connected");
    }
    assert.ok(most <= 18 * MiB, `${most} bytes were held for it`);
    await until("nothing is held for it any more", () => heldBytes() - before < 4 * MiB);
    assert.match(JSON.stringify(log), /does not read/);
  });
}

test("a client that reads again in time gets every answer, those included that were not encoded meanwhile", async (t) => {
  const ground = onTcp();
  const { address, ran } = await serving(t, ground, { on: { large: () => million } });
  const peer = await raw.greeted(t, address);
  peer.send(open("Probe", ["large"]), ...Array.from({ length: 40 }, (_, n) => request({ id: n + 2 })));
  await peer.expect("opened");
  peer.stopReading();
  await until("handlers run", () => ran.length > 0);
  peer.goOnReading();
  await until("all was read", () => peer.receivedBytes > 40 * MiB);
});

test("a client that reads slowly, but reads, is not cut off", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, server } = await serving(t, ground, { clock, on: { large: () => million } });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["large"]), ...Array.from({ length: 20 }, (_, n) => request({ id: n + 2 })));
  await peer.expect("opened");
  let seen = peer.receivedBytes;
  for (let step = 0; step < 40; step++) {
    peer.stopReading();
    await clock.advance(750);
    const before = seen;
    peer.goOnReading();
    await until("something came", () => peer.receivedBytes > before || peer.receivedBytes > 20 * MiB);
    seen = peer.receivedBytes;
  }
  assert.equal(server.connections, 1);
});

test("what is said in return for frames that are no calls has a bound, too", async (t) => {
  const ground = inMemory();
  const { address, server } = await serving(t, ground);
  const peer = await raw.greeted(t, address, ground.transport);
  peer.stopReading();
  const names = Array.from({ length: 450 }, (_, n) => `${n}`.padStart(4, "m").padEnd(125, "x"));
  const before = heldBytes();
  for (let id = 1; id <= 900 && server.connections > 0; id++) {
    peer.send(open("Probe", names, { id }));
    await turn();
  }
  await until("it is cut off", () => server.connections === 0);
  const grownBytes = heldBytes() - before;
  assert.ok(grownBytes < 80 * MiB, `${grownBytes} bytes`);
});

test("a server that never reads is left after ten seconds, though it goes on talking; calls end in time", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { peer, probe, server } = await meeting(t, ground, { clock, timeoutMs: 3_000, random: () => 0.5 });
  peer.stopReading();
  const calls = Array.from({ length: 8 }, () => failed(probe.echo(million)));
  for (let step = 0; step < 12; step++) {
    // As alive as can be, but for reading.
    peer.send(pong());
    await clock.advance(1_000);
  }
  for (const error of await Promise.all(calls)) assert.equal(error.code, "deadline_exceeded");
  const next = server.accept();
  void probe.nothing().catch(() => {});
  await clock.advance(1_000);
  await next;
});
