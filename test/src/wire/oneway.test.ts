import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { Duplex } from "node:stream";
import test, { type TestContext } from "node:test";
import {
  bind,
  createClient,
  createDispatcher,
  currentCall,
  type NewConnection,
  oneway,
  RpcError,
  withOptions,
} from "@rpc/core";
import { createManualClock, type ManualClock } from "@rpc/core/testing";
import { agreeing } from "./ground/agreeing.js";
import { atEnd } from "./ground/at-end.js";
import { calling, ProbeService } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { type Ground, grounds, inMemory } from "./ground/grounds.js";
import { keepingLog } from "./ground/log.js";
import { firstId, greet, type MeetingParts, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { turns } from "./ground/turns.js";
import { until } from "./ground/until.js";
import { close, drain, finalDrain, open, ping, request, response } from "./raw/frames.js";
import { flagBits } from "./raw/numbers.js";
import type { RawPeer } from "./raw/peer.js";
import { raw } from "./raw/raw.js";

const agreed: MeetingParts = { welcome: { features: 8 } };
const failing = (reason: string) => (): never => {
  throw new RpcError("not_found", `nobody hears ${reason}`, { reason });
};

/** A server whose `hang` goes on to the end of the test: a server that closes waits for it. */
async function holding(t: TestContext, ground: Ground, settings: Parameters<typeof serving>[2] = {}) {
  const waiting: (() => void)[] = [];
  const hang = () => new Promise<void>((resolve) => waiting.push(resolve));
  const made = await serving(t, ground, { ...settings, on: { hang, ...settings.on } });
  const release = (): void => {
    for (const settle of waiting.splice(0)) settle();
  };
  atEnd(t, release);
  return { ...made, release };
}

for (const ground of grounds.map((make) => make())) {
  test(`a oneway call resolves without an answer, and its handler runs (${ground.name})`, async (t) => {
    const { address, ran } = await holding(t, ground);
    const { probe } = calling(t, ground, address);
    assert.equal(await oneway(probe).hang(), undefined);
    assert.equal(await withOptions(oneway(probe), { metadata: { tenant: "a" } }).echo("x"), undefined);
    assert.equal(await probe.add(1, 2), 3, "calls with answers go on beside it");
    await until("both ran", () => ran.length === 3);
    assert.deepEqual(
      ran.map((call) => [call.method.name, call.oneway, call.metadata["tenant"]]),
      [
        ["hang", true, undefined],
        ["echo", true, "a"],
        ["add", false, undefined],
      ],
    );
  });
}

test("no frame ever comes back for one: not for a result, an error, a full server, a bad argument or a method that is not there", async (t) => {
  const ground = inMemory();
  const { address, ran, log } = await holding(t, ground, {
    handlersRunning: 1,
    on: { nothing: failing("A") },
  });
  const peer = await agreeing(t, ground, address);
  peer.send(
    request({ id: 2, method: 0, args: [1, 2], oneway: true }),
    request({ id: 3, method: 2, args: [], oneway: true }),
    request({ id: 4, method: 99, args: [], oneway: true }),
    request({ id: 5, method: 0, body: Buffer.from([0xc1]), oneway: true }),
    request({ id: 6, method: 0, args: [1, 2], timeLeftMs: 0, oneway: true }),
    ping(),
  );
  await peer.expect("pong");
  await until("the first ones ran", () => ran.length >= 1);
  peer.send(
    request({ id: 7, method: 3, oneway: true, args: [] }),
    request({ id: 8, method: 0, oneway: true, args: [] }),
    ping(),
  );
  await peer.expect("pong");
  peer.cut();
  assert.deepEqual(await peer.rest(), []);
  assert.ok(!ran.some(({ input, deadline, startedAt }) => input.length === 2 && deadline <= startedAt));
  assert.ok(log.length > 0);
});

test("every error of a oneway handler is logged once and in full, also one that was meant for a caller", async (t) => {
  const ground = inMemory();
  const { address, log, server } = await serving(t, ground, { on: { nothing: failing("A"), echo: failing("B") } });
  const { probe } = calling(t, ground, address);
  await oneway(probe).nothing();
  await oneway(probe).echo(1);
  await until("both were logged", () => log.length === 2);
  assert.deepEqual(
    log.map(({ level, message }) => [level, message]),
    [
      ["error", "the handler of /Probe/nothing failed, whose oneway call nobody waits for"],
      ["error", "the handler of /Probe/echo failed, whose oneway call nobody waits for"],
    ],
  );
  assert.match(String(log[0]!.fields["error"]), /nobody hears A[\s\S]*at /);
  assert.equal(server.connections, 1);
});

test("what a server turns away is logged once a second with how many, and counted", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  let admitted = false;
  const { address, log, ran } = await serving(t, ground, {
    clock,
    admissions: [
      () => (admitted ? undefined : new RpcError("permission_denied", "not today", { reason: "NOT_TODAY" })),
    ],
  });
  const peer = await agreeing(t, ground, address);
  const send = async (from: number, count: number): Promise<void> => {
    for (let id = from; id < from + count; id++) peer.send(request({ id, method: 0, args: [1, 2], oneway: true }));
    peer.send(ping());
    await peer.expect("pong");
  };
  await send(2, 50);
  assert.equal(log.length, 1);
  await clock.advance(1_000);
  await send(100, 1);
  assert.deepEqual(
    log.map(({ level, fields }) => [level, fields["calls"], fields["reason"]]),
    [
      ["warn", 1, "NOT_TODAY"],
      ["warn", 50, "NOT_TODAY"],
    ],
  );
  admitted = true;
  await send(200, 1);
  await until("it ran", () => ran.length === 1);
});

test("they take no place among the calls in flight, on either side, however many there are", async (t) => {
  const ground = inMemory();
  const { address, ran } = await holding(t, ground, { limits: { inFlight: 4 } });
  const { probe, connector } = calling(t, ground, address, { limits: { inFlight: 4 } });
  await Promise.all(Array.from({ length: 500 }, () => oneway(probe).hang()));
  assert.equal(await probe.add(1, 2), 3);
  await until("all run", () => ran.length === 501);
  await connector.close();
});

test("the deadline of one holds on the server: its handler's signal aborts, and what expired is not begun", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, ran, aborted } = await holding(t, ground, { clock });
  const { probe } = calling(t, ground, address, { clock });
  await withOptions(oneway(probe), { timeoutMs: 100 }).hang();
  await until("it runs", () => ran.length === 1);
  assert.ok(ran[0]!.deadline - ran[0]!.startedAt <= 100);
  await clock.advance(99);
  assert.equal(aborted.length, 0);
  await clock.advance(10);
  assert.equal(aborted.length, 1);
  const error = await failed(withOptions(oneway(probe), { timeoutMs: 0 }).hang());
  assert.deepEqual([error.code, error.processed], ["deadline_exceeded", "no"]);
});

test("currentCall() is there in a oneway handler, and the calls it makes are its own", async (t) => {
  const ground = inMemory();
  const seen: unknown[] = [];
  const dispatcher = createDispatcher(
    [
      bind(ProbeService, {
        add: (a, b) => a + b,
        echo: () => {
          const { oneway: unanswered, priority } = currentCall();
          seen.push([unanswered, priority]);
          return 1;
        },
        nothing: () => null,
        hang: () => null,
      }),
    ],
    [],
    { ambient: true },
  );
  const local = createClient(ProbeService, dispatcher.invoke);
  await withOptions(oneway(local), { priority: "sheddable" }).echo(1);
  const { address } = await serving(t, ground, {
    on: {
      echo: (call) => {
        seen.push([call.oneway, call.priority]);
      },
    },
  });
  const { probe } = calling(t, ground, address);
  await withOptions(oneway(probe), { priority: "critical" }).echo(1);
  await until("both ran", () => seen.length === 2);
  assert.deepEqual(seen, [
    [true, "sheddable"],
    [true, "critical"],
  ]);
});

test("within the process an error of one reaches the log, and nobody else", async () => {
  const log = keepingLog();
  const handlers = { add: (a: number) => a, echo: failing("A"), nothing: () => null, hang: () => null };
  const dispatcher = createDispatcher([bind(ProbeService, handlers)], [], { logger: log });
  assert.equal(await oneway(createClient(ProbeService, dispatcher.invoke)).echo(1), undefined);
  await until("it was logged", () => log.records.length === 1);
  assert.match(JSON.stringify(log.records), /nobody hears A/);
});

test("a server of an older protocol is sent none: the caller is told so", async (t) => {
  const { peer, probe } = await meeting(t, inMemory());
  const error = await failed(oneway(probe).add(1, 2));
  assert.deepEqual([error.code, error.reason, error.processed], ["unimplemented", "NO_ONEWAY", "no"]);
  assert.match(error.message, /does not take oneway calls/);
  peer.send(ping());
  await peer.expect("pong");
});

test("a peer that did not agree to oneway requests and sends one is cut off", async (t) => {
  const ground = inMemory();
  const { address, ran } = await serving(t, ground);
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["add"]));
  await peer.expect("opened");
  peer.send(request({ id: 2, args: [1, 2], oneway: true }));
  await peer.expectClose("RESERVED_FLAG");
  assert.equal(ran.length, 0);
});

test("an answer to one is dropped, and an id is not used again", async (t) => {
  const { peer, probe } = await meeting(t, inMemory(), {}, agreed);
  await oneway(probe).add(1, 2);
  const { flags } = await peer.expect("request", { id: firstId });
  assert.equal(flags & flagBits.oneway, flagBits.oneway);
  peer.send(response(firstId, { value: 3 }));
  const sum = probe.add(1, 2);
  await peer.expect("request", { id: firstId + 1 });
  peer.send(response(firstId + 1, { value: 3 }));
  assert.equal(await sum, 3);
});

test("one resolves when the queue takes it, and leaves when there is room, without its caller's signal", async (t) => {
  const { peer, probe } = await meeting(t, inMemory(), { limits: { inFlight: 1 } }, agreed);
  const first = probe.echo("first");
  await peer.expect("request", { value: ["first"] });
  const controller = new AbortController();
  await withOptions(oneway(probe), { signal: controller.signal }).echo("second");
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  controller.abort();
  peer.send(response(firstId, { value: 1 }));
  await peer.expect("request", { value: ["second"] });
  assert.equal(await first, 1);
});

test("one whose signal has aborted is not sent, and one that waits for a connection is cancelled by it", async (t) => {
  const ground = inMemory();
  const server = await raw.server(t, ground.listen, ground.transport);
  const { probe } = calling(t, ground, server.address);
  const controller = new AbortController();
  const waiting = failed(withOptions(oneway(probe), { signal: controller.signal }).add(1, 2));
  await server.accept();
  controller.abort();
  assert.deepEqual([(await waiting).code, (await waiting).processed], ["cancelled", "no"]);
  const late = await failed(withOptions(oneway(probe), { signal: controller.signal }).add(1, 2));
  assert.equal(late.code, "cancelled");
});

test("one that cannot be encoded is told so, and one without a place in the queue, by the queue's option", async (t) => {
  const limits = { inFlight: 1, sendQueueEntries: 2 };
  const { peer, probe } = await meeting(t, inMemory(), { limits, whenFull: "refuse" }, agreed);
  const unsendable = await failed(oneway(probe).echo(() => 1));
  assert.deepEqual([unsendable.code, unsendable.processed], ["invalid_argument", "no"]);
  const first = probe.echo("first");
  const { id } = await peer.expect("request", { value: ["first"] });
  await oneway(probe).echo("a");
  await oneway(probe).echo("b");
  const refused = await failed(oneway(probe).echo("c"));
  assert.deepEqual([refused.code, refused.reason], ["resource_exhausted", "QUEUE_FULL"]);
  peer.send(response(id, { value: 1 }));
  await peer.expect("request", { value: ["a"] });
  await peer.expect("request", { value: ["b"] });
  await first;
});

test("a client that closes first writes what was accepted, and every handler runs to its end though nobody is there", async (t) => {
  for (const ground of grounds.map((make) => make())) {
    const { address, ran, aborted, server, release } = await holding(t, ground);
    const { probe, connector } = calling(t, ground, address);
    await probe.nothing();
    const calls = Array.from({ length: 300 }, () => oneway(probe).hang());
    await Promise.all(calls);
    await connector.close();
    await until(`all run (${ground.name})`, () => ran.length === 301);
    const closed = server.close();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(aborted.length, 0);
    release();
    await closed;
    assert.equal(aborted.length, 0, "a server that closes waits for them");
  }
});

/** Takes much that is written to it when it is torn down, or never, and is closed a while later: as sockets are whose peer does not read. */
function takingLate(bare: Duplex, { takes }: { takes: boolean }): Duplex {
  let taken = (): void => {};
  const outer = new Duplex({
    allowHalfOpen: false,
    read: () => void bare.resume(),
    write(chunk: Buffer, _encoding, done) {
      if (chunk.length < 10_000) bare.write(chunk, done);
      else if (takes) taken = done;
    },
    destroy(error, done) {
      bare.destroy();
      process.nextTick(taken);
      setTimeout(done, 20, error);
    },
  });
  bare.on("data", (chunk: Buffer) => outer.push(chunk));
  bare.on("end", () => outer.push(null));
  bare.on("error", () => {});
  return outer;
}

test("a server waits for oneway calls also of a caller that was lost while much was being written to it", async (t) => {
  const ground = inMemory();
  const onConnect = ({ stream }: NewConnection): Duplex => takingLate(stream, { takes: true });
  const { address, ran, server, release } = await holding(t, ground, { onConnect, limits: { highWaterBytes: 1_024 } });
  const peer = await agreeing(t, ground, address);
  peer.send(
    request({ id: 2, method: 3, args: [], oneway: true }),
    request({ id: 3, method: 1, args: ["x".repeat(40_000)] }),
  );
  await until("they run", () => ran.length === 2);
  peer.send(request({ id: 4, method: 1, args: [1] }));
  await until("one waits until there is room for answers", () => server.stats().waitQueue.entries === 1);
  peer.cut();
  await until("the connection is lost", () => server.stats().connections.every(({ state }) => state !== "ready"));
  await turns();
  assert.equal(server.stats().connectionsOpen, 1, "it is the oneway call's until that has settled");
  assert.equal(server.stats().total.served.pending, 1);
  const closed = server.close();
  release();
  await closed;
  assert.equal(server.stats().total.served.pending, 0, "what settled after the connection went is counted");
});

test("a oneway call that waits for its caller to read runs also when that one goes and has read nothing", async (t) => {
  const ground = inMemory();
  const onConnect = ({ stream }: NewConnection): Duplex => takingLate(stream, { takes: false });
  const { address, ran, server, release } = await holding(t, ground, { onConnect, limits: { highWaterBytes: 1_024 } });
  const peer = await agreeing(t, ground, address);
  peer.send(request({ id: 2, method: 1, args: ["x".repeat(40_000)] }));
  await until("it runs", () => ran.length === 1);
  peer.send(request({ id: 3, method: 3, args: [], oneway: true }));
  await until("it waits until there is room for answers", () => server.stats().waitQueue.entries === 1);
  peer.cut();
  await until("it runs", () => ran.length === 2);
  release();
  await until("it is over", () => server.stats().total.served.pending === 0);
});

const farewells: Readonly<Record<string, (peer: RawPeer, clock: ManualClock) => unknown>> = {
  "says that it closes the connection": (peer) => peer.send(close()),
  "has fallen silent": async (_, clock) => {
    for (let second = 0; second < 60; second++) await clock.advance(1_000);
  },
};

for (const [how, leave] of Object.entries(farewells)) {
  test(`the handler of a oneway call runs to its end though its caller ${how}`, async (t) => {
    const ground = inMemory();
    const clock = createManualClock();
    const { address, ran, aborted, server, release } = await holding(t, ground, { clock });
    const peer = await agreeing(t, ground, address);
    peer.send(request({ id: 2, method: 3, args: [], oneway: true, timeLeftMs: 3_000_000 }));
    await clock.settle();
    assert.equal(ran.length, 1);
    await leave(peer, clock);
    await clock.advance(100);
    assert.equal(server.connections, 0, "its caller's connection is gone");
    assert.deepEqual([aborted.length, server.stats().total.served.pending], [0, 1]);
    release();
    await clock.settle();
    assert.deepEqual([aborted.length, server.stats().total.served.pending], [0, 0]);
  });
}

test("one that has settled waits for no room of answers", async (t) => {
  const ground = inMemory();
  const limits = { highWaterBytes: 1_024, waitingBytes: 70_000, messageBytes: 65_000 };
  const { address, ran, server, release } = await holding(t, ground, { limits });
  const peer = await agreeing(t, ground, address);
  peer.stopReading();
  peer.send(request({ id: 2, method: 3, args: [], oneway: true }));
  for (let id = 3; id < 6; id++) peer.send(request({ id, method: 1, args: ["x".repeat(40_000)] }));
  await until("all run", () => ran.length === 4);
  const { pending } = server.stats().total.served;
  release();
  await until("it is over", () => server.stats().total.served.pending === pending - 1);
});

test("handlers of oneway calls whose callers have gone take no connection's place", async (t) => {
  const ground = inMemory();
  const { address, ran, server } = await holding(t, ground, { connections: 2 });
  for (let n = 1; n <= 2; n++) {
    const peer = await agreeing(t, ground, address);
    peer.send(request({ id: 2, method: 3, args: [], oneway: true }));
    await until("it runs", () => ran.length === n);
    await peer.gone();
  }
  await until("they are gone", () => server.connections === 0);
  const { probe } = calling(t, ground, address, { retry: false });
  assert.equal(await withOptions(probe, { timeoutMs: 5_000 }).add(1, 2), 3);
});

test("when the server's time to drain is up the handlers of oneway calls whose caller has gone are told", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, ran, aborted, server } = await holding(t, ground, { clock, drainMs: 1_000 });
  const peer = await agreeing(t, ground, address);
  peer.send(request({ id: 2, method: 3, args: [], oneway: true }));
  await until("it runs", () => ran.length === 1);
  peer.cut();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(aborted.length, 0);
  const closed = server.close();
  await clock.advance(2_000);
  assert.equal(aborted.length, 1);
  await clock.advance(2_000);
  await closed;
});

test("what was accepted and not written goes to the next connection as soon as this one's server says that it will close", async (t) => {
  const { peer, probe, server } = await meeting(t, inMemory(), { limits: { inFlight: 1 }, retry: {} }, agreed);
  const first = probe.echo("first");
  await peer.expect("request", { value: ["first"] });
  await oneway(probe).echo("moved");
  const heard = probe.echo("heard of");
  peer.send(drain());
  const next = await server.accept();
  await greet(next, agreed);
  await next.expect("request", { value: ["moved"] });
  // Who waits for an answer is told where it was written too late, and need not go.
  peer.send(response(firstId, { value: 1 }));
  const { id } = await peer.expect("request", { value: ["heard of"] });
  peer.send(response(id, { value: 2 }), finalDrain(id));
  assert.deepEqual(await Promise.all([first, heard]), [1, 2]);
});

test("what was accepted and not written goes to the next connection when this one's server shuts down", async (t) => {
  const { peer, probe, server } = await meeting(t, inMemory(), { limits: { inFlight: 1 }, retry: {} }, agreed);
  const first = probe.echo("first");
  await peer.expect("request", { value: ["first"] });
  await oneway(probe).echo("moved");
  peer.send(drain(), finalDrain(firstId), response(firstId, { value: 1 }));
  assert.equal(await first, 1);
  const next = await server.accept();
  await greet(next, agreed);
  const moved = await next.expect("request", { value: ["moved"] });
  assert.equal(moved.flags & flagBits.oneway, flagBits.oneway);
});
