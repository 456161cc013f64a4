import assert from "node:assert/strict";
import test from "node:test";
import { withOptions } from "@rpc/core";
import { createManualClock, type ManualClock } from "@rpc/core/testing";
import { calling } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { grounds, inMemory, onTcp } from "./ground/grounds.js";
import { firstId, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { open, ping, pong, request, response } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

/** Whether a promise has settled, once everything that can happen without time has. */
async function settled(clock: ManualClock, promise: Promise<unknown>): Promise<boolean> {
  let is = false;
  void promise.then(
    () => {
      is = true;
    },
    () => {
      is = true;
    },
  );
  await clock.settle();
  return is;
}

for (const ground of grounds.map((make) => make())) {
  test(`closing a client twice is closing it once, and what it asked for is answered first (${ground.name})`, async (t) => {
    let release = (): void => {};
    const { address, ran } = await serving(t, ground, {
      on: { hang: () => new Promise((resolve) => (release = () => resolve("late but here"))) },
    });
    const { connector, probe } = calling(t, ground, address);
    const call = probe.hang();
    await until("it runs", () => ran.length === 1);
    const closed = [connector.close(), connector.close()];
    const refused = await failed(probe.add(1, 2));
    assert.deepEqual([refused.code, refused.reason, refused.processed], ["unavailable", "CLOSED", "no"]);
    release();
    assert.equal(await call, "late but here");
    await Promise.all(closed);
    await connector.close();
  });

  test(`closing a server twice is closing it once, and what it was asked is answered first (${ground.name})`, async (t) => {
    let release = (): void => {};
    const { address, ran, server } = await serving(t, ground, {
      drainMs: 20_000,
      on: { hang: () => new Promise((resolve) => (release = () => resolve("late but here"))) },
    });
    const { probe } = calling(t, ground, address, { retry: false });
    const call = probe.hang();
    await until("it runs", () => ran.length === 1);
    const closed = [server.close(), server.close()];
    // The client hears of it before it closes.
    await until("it takes no new calls", () => true);
    release();
    assert.equal(await call, "late but here");
    await Promise.all(closed);
    await server.close();
    assert.equal(server.connections, 0);
  });
}

test("a client may be closed while it connects: its calls fail as never sent, and nothing is left", async (t) => {
  const ground = inMemory();
  const server = await raw.server(t, ground.listen, ground.transport);
  const { connector, probe } = calling(t, ground, server.address);
  const call = failed(probe.add(1, 2));
  const peer = await server.accept();
  await peer.expect("hello");
  await connector.close();
  const error = await call;
  assert.deepEqual([error.code, error.reason, error.processed], ["unavailable", "CLOSED", "no"]);
  assert.ok((await peer.rest()).every(({ kind }) => kind === "close"));
});

test("a client that was never used is closed at once, and one that was closed connects to nobody", async (t) => {
  const ground = inMemory();
  const server = await raw.server(t, ground.listen, ground.transport);
  const { connector, probe } = calling(t, ground, server.address);
  await connector.close();
  assert.equal((await failed(probe.add(1, 2))).reason, "CLOSED");
  assert.equal(server.accepted, 0);
});

test("a client that is closed with calls in its queue sends them before it goes", async (t) => {
  const { peer, probe, connector } = await meeting(t, inMemory(), { limits: { inFlight: 1 } });
  const calls = [probe.echo("a"), probe.echo("b"), probe.echo("c")];
  const closed = connector.close();
  for (const value of ["a", "b", "c"]) {
    const { id } = await peer.expect("request", { value: [value] });
    peer.send(response(id, { value }));
  }
  assert.deepEqual(await Promise.all(calls), ["a", "b", "c"]);
  await peer.expectEnd();
  await closed;
});

test("a client that is closed does not wait for ever: after 25 s what is left is ended", async (t) => {
  const clock = createManualClock();
  const { peer, probe, connector } = await meeting(t, inMemory(), { clock, timeoutMs: 3_600_000 });
  const call = failed(probe.hang());
  await peer.expect("request", { id: firstId });
  const closed = connector.close();
  for (let second = 0; second < 24; second++) {
    await clock.advance(1_000);
    peer.send(pong());
  }
  assert.equal(await settled(clock, closed), false);
  await clock.advance(1_100);
  assert.equal(await settled(clock, closed), true);
  const error = await call;
  assert.deepEqual([error.reason, error.processed], ["CLOSED", "maybe"]);
});

test("a server that is closed does not wait for ever: after drainMs handlers are told, callers too, and it has closed", async (t) => {
  const clock = createManualClock();
  const ground = inMemory();
  const { address, server, aborted } = await serving(t, ground, { clock, drainMs: 25_000 });
  const { probe } = calling(t, ground, address, { clock, retry: false, timeoutMs: 3_600_000 });
  const call = failed(probe.hang());
  await clock.advance(10);
  const closed = server.close();
  await clock.advance(24_900);
  assert.equal(await settled(clock, closed), false);
  assert.equal(aborted.length, 0);
  await clock.advance(1_500);
  assert.equal(await settled(clock, closed), true);
  assert.equal(aborted.length, 1);
  const error = await call;
  assert.deepEqual([error.code, error.reason, error.processed], ["unavailable", "DRAINING", "maybe"]);
});

test("a handler may close a client that it calls through, and itself be answered", async (t) => {
  const ground = inMemory();
  const inner = await serving(t, ground);
  const { connector, probe: within } = calling(t, ground, inner.address);
  const { address } = await serving(t, ground, {
    on: {
      relay: async () => {
        const answer = within.add(40, 2);
        void connector.close();
        return answer;
      },
    },
  });
  const peer = await raw.greeted(t, address, ground.transport);
  await within.nothing();
  peer.send(open("Probe", ["relay"]), request({ id: 2 }));
  await peer.expect("opened");
  await peer.expect("response", { id: 2, value: 42 });
});

test("a client that closes ends its connection also where the last call of its queue has expired when its place came", async (t) => {
  const clock = createManualClock();
  const { peer, probe, connector } = await meeting(t, inMemory(), { clock, limits: { inFlight: 1 } });
  const first = probe.echo("first");
  await peer.expect("request", { value: ["first"] });
  const second = failed(withOptions(probe, { timeoutMs: 52 }).echo("second"));
  const closed = connector.close();
  await clock.advance(53);
  peer.send(response(firstId, { value: 1 }));
  assert.equal(await first, 1);
  assert.equal((await second).code, "deadline_exceeded");
  await clock.advance(2_000);
  assert.ok(await settled(clock, closed), "all calls have settled, so that nothing is waited for");
});

test("a ping that crosses the end of a connection is no error on either side", async (t) => {
  const { peer, connector } = await meeting(t, onTcp());
  const closed = connector.close();
  peer.send(ping());
  await closed;
  const { readErrors, writeErrors } = connector.stats().total.traffic;
  assert.deepEqual([readErrors, writeErrors], [0, 0]);
});
