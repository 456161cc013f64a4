import assert from "node:assert/strict";
import test from "node:test";
import { RpcError } from "@rpc/core";
import { failed } from "./ground/failed.js";
import { inMemory } from "./ground/grounds.js";
import { firstId, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { cancel, open, ping, request, response } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

const MiB = 1_048_576;

test("a connection has 1,024 calls under way and not one more: the next is rejected, and there is room again after an answer", async (t) => {
  const ground = inMemory();
  const release: (() => void)[] = [];
  const { address, ran } = await serving(t, ground, {
    on: { wait: () => new Promise<void>((resolve) => release.push(resolve)) },
  });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["wait"]));
  await peer.expect("opened");
  for (let n = 0; n < 1_024; n++) peer.send(request({ id: 2 + n }));
  peer.send(request({ id: 5_000 }));
  await peer.expect("reject", {
    id: 5_000,
    code: "resource_exhausted",
    reason: "IN_FLIGHT_LIMIT",
    processed: "no",
    message: /limits\.inFlight/,
  });
  await until("all run", () => release.length === 1_024);
  release[0]!();
  await peer.expect("response", { id: 2 });
  peer.send(request({ id: 5_001 }));
  await until("the next one runs", () => ran.length === 1_025);
});

test("a client has as many calls under way as the server takes, and the others wait their turn", async (t) => {
  const { peer, probe } = await meeting(t, inMemory(), {}, { welcome: { limits: [4 * MiB, 3, 16 * MiB, 0, 0, 0] } });
  const calls = Array.from({ length: 10 }, (_, n) => probe.echo(n));
  for (let n = 0; n < 3; n++) await peer.expect("request", { id: firstId + n });
  peer.send(ping());
  await peer.expect("pong");
  for (let n = 0; n < 7; n++) {
    peer.send(response(firstId + n, { value: n }));
    await peer.expect("request", { value: [n + 3] });
  }
  for (let n = 7; n < 10; n++) peer.send(response(firstId + n, { value: n }));
  assert.deepEqual(await Promise.all(calls), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("a full send queue gives up its oldest call for the newest, or refuses the newest, as whenFull says, and names the option", async (t) => {
  for (const whenFull of ["evict", "refuse"] as const) {
    const { peer, probe } = await meeting(t, inMemory(), { whenFull, limits: { inFlight: 1, sendQueueEntries: 3 } });
    const outcomes: string[] = [];
    const calls = Array.from({ length: 6 }, (_, n) =>
      probe.echo(n).then(
        () => outcomes.push(`${n} answered`),
        (error: RpcError) => {
          assert.match(error.message, /limits\.sendQueueEntries 3/);
          outcomes.push(`${n} ${error.reason} ${error.processed}`);
        },
      ),
    );
    for (let answered = 0; answered < 4; answered++) {
      const { id } = await peer.expect("request");
      peer.send(response(id));
    }
    await Promise.all(calls);
    const lost =
      whenFull === "evict" ? ["1 QUEUE_EVICTED no", "2 QUEUE_EVICTED no"] : ["4 QUEUE_FULL no", "5 QUEUE_FULL no"];
    assert.deepEqual(
      outcomes.filter((outcome) => !outcome.includes("answered")),
      lost,
    );
  }
});

test("the bytes of the send queue are bounded too", async (t) => {
  const { peer, probe } = await meeting(t, inMemory(), {
    whenFull: "refuse",
    limits: { inFlight: 1, sendQueueBytes: 20_000 },
  });
  const first = probe.nothing();
  const fits = probe.echo("x".repeat(20_000 - 4));
  const error = await failed(probe.echo(""));
  assert.deepEqual([error.code, error.reason, error.processed], ["resource_exhausted", "QUEUE_FULL", "no"]);
  assert.match(error.message, /limits\.sendQueueBytes 20000/);
  for (const call of [first, fits]) {
    const { id } = await peer.expect("request");
    peer.send(response(id));
    await call;
  }
});

test("handlers above handlersRunning wait, over all connections, until a place comes back", async (t) => {
  const ground = inMemory();
  const release: (() => void)[] = [];
  const { address } = await serving(t, ground, {
    handlersRunning: 4,
    on: { wait: () => new Promise<void>((resolve) => release.push(resolve)) },
  });
  const peers = [await raw.greeted(t, address, ground.transport), await raw.greeted(t, address, ground.transport)];
  for (const peer of peers) {
    peer.send(open("Probe", ["wait"]), request({ id: 2 }), request({ id: 3 }));
    await peer.expect("opened");
  }
  await until("four run", () => release.length === 4);
  for (const peer of peers) {
    peer.send(request({ id: 4 }), ping());
    await peer.expect("pong");
  }
  assert.equal(release.length, 4);
  for (const resolve of release.splice(0)) resolve();
  for (const peer of peers) {
    await peer.expect("response", { id: 2 });
    await peer.expect("response", { id: 3 });
  }
  await until("two more run", () => release.length === 2);
  for (const resolve of release.splice(0)) resolve();
  for (const peer of peers) await peer.expect("response", { id: 4 });
});

test("who cancels may call again: a handler that does not look at its signal takes nothing from the connection's limit", async (t) => {
  const ground = inMemory();
  const release: (() => void)[] = [];
  const { address, ran } = await serving(t, ground, {
    limits: { inFlight: 2 },
    on: { wait: () => new Promise<void>((resolve) => release.push(resolve)) },
  });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["wait"]), request({ id: 2 }), request({ id: 3 }));
  await peer.expect("opened");
  await until("two run", () => ran.length === 2);
  peer.send(cancel(2), cancel(3), request({ id: 4 }), request({ id: 5 }), request({ id: 6 }));
  await peer.expect("reject", { id: 6, reason: "IN_FLIGHT_LIMIT" });
  await until("four run", () => ran.length === 4);
  for (const resolve of release.splice(0)) resolve();
  await peer.expect("response", { id: 4 });
  await peer.expect("response", { id: 5 });
  peer.send(request({ id: 7 }), request({ id: 8 }), request({ id: 9 }));
  await peer.expect("reject", { id: 9, reason: "IN_FLIGHT_LIMIT" });
});

test("connections above the limit are let go, and the next one is taken when one has left", async (t) => {
  const ground = inMemory();
  const { address, server } = await serving(t, ground, { connections: 2 });
  const first = await raw.greeted(t, address, ground.transport);
  await raw.greeted(t, address, ground.transport);
  const third = await raw.client(t, address, ground.transport);
  await third.expectEnd();
  assert.equal(third.receivedBytes, 0);
  first.cut();
  await until("one has left", () => server.connections === 1);
  await raw.greeted(t, address, ground.transport);
});

test("handlersRunning of a method holds over all connections, also where whatever is called is served", async (t) => {
  const ground = inMemory();
  const release: (() => void)[] = [];
  const { address, server } = await serving(t, ground, {
    methodOptions: () => ({ handlersRunning: 1 }),
    on: { wait: () => new Promise<void>((resolve) => release.push(resolve)) },
  });
  for (let n = 0; n < 3; n++) {
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["wait"]), request({ id: 2, timeLeftMs: 60_000 }), ping());
    await peer.expect("opened");
    await peer.expect("pong");
  }
  await until("two wait", () => server.stats().waitQueue.entries === 2);
  assert.equal(release.length, 1);
  release[0]!();
  await until("the next one runs", () => release.length === 2);
  release[1]!();
  await until("the last one runs", () => release.length === 3);
  release[2]!();
});
