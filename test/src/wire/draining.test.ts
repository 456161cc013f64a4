import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { RpcError, type Server } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { calling } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { inMemory } from "./ground/grounds.js";
import { firstId, greet, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { finalDrain, inParts, open, ping, pong, request, response } from "./raw/frames.js";
import { args } from "./raw/msgpack.js";
import { raw } from "./raw/raw.js";

test("a handler may close its own server: it still answers, and the server is closed when it has", async (t) => {
  const ground = inMemory();
  let serverOf = (): Server => assert.fail("it has not started");
  let closed: Promise<void> = Promise.resolve();
  const { address, server } = await serving(t, ground, {
    on: {
      stop: () => {
        closed = serverOf().close();
        return "stopping";
      },
    },
  });
  serverOf = () => server;
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["stop"]), request({ id: 2 }));
  await peer.expect("opened");
  await peer.expect("response", { id: 2, value: "stopping" });
  await peer.expect("drain", { target: 0 });
  await peer.expect("ping");
  peer.send(pong());
  await peer.expect("drain", { target: 1, id: 2 });
  peer.cut();
  await peer.expectEnd();
  await closed;
});

test("a server that drains says so twice: advice first, and, when its peer has seen it, the last call it read", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  let release = (): void => {};
  const { address, server, ran } = await serving(t, ground, {
    clock,
    on: { hang: () => new Promise((resolve) => (release = () => resolve("done"))) },
  });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["hang", "add"]), request({ id: 2 }));
  await peer.expect("opened");
  const closed = server.close();
  await peer.expect("drain", { target: 0, id: 0 });
  await peer.expect("ping");
  // What is on its way while the advice is: still taken.
  peer.send(request({ id: 3, method: 1, args: [1, 2] }));
  await peer.expect("response", { id: 3, value: 3 });
  peer.send(pong());
  await peer.expect("drain", { target: 1, id: 3 });
  // What comes after the last word: passed over, since the client counts it as never begun.
  peer.send(request({ id: 4, method: 1, args: [3, 4] }), ping(Buffer.from("here")));
  await peer.expect("pong", { body: Buffer.from("here") });
  release();
  await peer.expect("response", { id: 2, value: "done" });
  peer.cut();
  await peer.expectEnd();
  await clock.settle();
  await closed;
  assert.equal(ran.length, 2);
});

test("a server does not wait for a peer that never answers its ping: the last word comes after a second", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, server } = await serving(t, ground, { clock, drainMs: 5_000 });
  const peer = await raw.greeted(t, address, ground.transport);
  const closed = server.close();
  await peer.expect("drain", { target: 0 });
  await peer.expect("ping");
  await clock.advance(1_001);
  await peer.expect("drain", { target: 1, id: 0 });
  await clock.advance(5_000);
  await peer.expectClose("DRAINING");
  await clock.advance(2_000);
  await closed;
});

test("a message whose beginning was read before the last word is still taken to its end", async (t) => {
  const ground = inMemory();
  const { address, server } = await serving(t, ground);
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["echo"]));
  await peer.expect("opened");
  const body = args("x".repeat(900));
  const [first, second] = inParts((part) => request({ id: 2, total: body.length, body: part }), 2, body, 500);
  peer.send(first!);
  const closed = server.close();
  await peer.expect("drain", { target: 0 });
  await peer.expect("ping");
  peer.send(pong());
  await peer.expect("drain", { target: 1, id: 2 });
  peer.send(second!);
  await peer.expect("response", { id: 2, value: "x".repeat(900) });
  peer.cut();
  await closed;
});

test("a client whose server drains sends what was not read elsewhere, and waits for what was", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { peer, probe, server } = await meeting(t, ground, { clock, retry: {} });
  const read = probe.echo("read");
  const unread = probe.echo("unread");
  await peer.expect("request", { id: firstId });
  await peer.expect("request", { id: firstId + 1 });
  peer.send({ kind: "drain" }, ping(), finalDrain(firstId));
  await peer.expect("pong");
  await clock.advance(150);
  const next = await server.accept();
  await greet(next);
  const { id } = await next.expect("request", { value: ["unread"] });
  next.send(response(id, { value: "elsewhere" }));
  assert.equal(await unread, "elsewhere");
  peer.send(response(firstId, { value: "here" }));
  assert.equal(await read, "here");
  await peer.expectEnd();
});

test("a client that is told to go makes no new call on that connection, and says certainly no of what it made too late", async (t) => {
  const { peer, probe } = await meeting(t, inMemory());
  const call = failed(probe.echo("late"));
  await peer.expect("request", { id: firstId });
  peer.send(finalDrain(firstId - 1));
  const error = await call;
  assert.deepEqual([error.code, error.reason, error.processed], ["unavailable", "DRAINING", "no"]);
  await peer.expectEnd();
});

test("in six hundred drains no answer is lost: what was asked before is answered, what was not begun certainly never ran", async (t) => {
  for (let round = 0; round < 60; round++) await drained(t, round);
});

/** A server that closes at some point of what ten clients ask it. */
async function drained(t: TestContext, round: number): Promise<void> {
  const ground = inMemory();
  const clock = createManualClock();
  const ran = new Set<unknown>();
  const { address, server } = await serving(t, ground, {
    clock,
    on: {
      echo: async ({ input: [n] }) => {
        ran.add(n);
        for (let turn = 0; turn < (round + (n as number)) % 4; turn++) await null;
        return n;
      },
    },
  });
  const clients = Array.from({ length: 10 }, () =>
    calling(t, ground, address, { clock, retry: false, timeoutMs: 60_000 }),
  );
  await Promise.all(clients.map(({ probe }) => probe.nothing()));
  let left = 40;
  const outcomes = Array.from({ length: left }, async (_, n) => {
    for (let turn = 0; turn < (round * 7 + n * 5) % 23; turn++) await null;
    if ((round + n) % 3 === 0) await new Promise<void>((resolve) => process.nextTick(resolve));
    await clients[n % 10]!.probe.echo(n).then(
      (value) => assert.equal(value, n),
      (error: RpcError) => {
        assert.equal(error.processed, "no", `round ${round}, call ${n}: ${error.reason}`);
        assert.ok(!ran.has(n), `round ${round}, call ${n} ran, and was said not to have`);
      },
    );
    left--;
  });
  for (let turn = 0; turn < round % 29; turn++) await null;
  const closed = server.close();
  await clock.settle();
  // Who came too late waits for another server, 5 s at most.
  if (left > 0) await clock.advance(6_000);
  await Promise.all(outcomes);
  await Promise.all(clients.map(({ connector }) => connector.close()));
  await closed;
}

test("what waits for its handler is rejected before the last word, and not after it", async (t) => {
  const ground = inMemory();
  let release = (): void => {};
  const { address, server, ran } = await serving(t, ground, {
    handlersRunning: 1,
    on: { hang: () => new Promise((resolve) => (release = () => resolve(null))) },
  });
  const [running, waiting] = [
    await raw.greeted(t, address, ground.transport),
    await raw.greeted(t, address, ground.transport),
  ];
  for (const peer of [running, waiting]) {
    peer.send(open("Probe", ["hang"]));
    await peer.expect("opened");
  }
  running.send(request({ id: 2 }));
  await until("it runs", () => ran.length === 1);
  waiting.send(request({ id: 2 }));
  await until("it waits", () => server.stats().waitQueue.entries === 1);
  const closed = server.close();
  await waiting.expect("drain", { target: 0 });
  await waiting.expect("ping");
  waiting.send(pong());
  await waiting.expect("reject", { id: 2, reason: "DRAINING", processed: "no" });
  await waiting.expect("drain", { target: 1, id: 2 });
  waiting.cut();
  release();
  running.cut();
  await closed;
});
