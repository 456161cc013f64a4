import assert from "node:assert/strict";
import test from "node:test";
import { defineService } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { calling } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { inMemory } from "./ground/grounds.js";
import { firstId, greet, meeting } from "./ground/meeting.js";
import { opened, pong, response, welcome } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

/** Without jitter. */
const steady = { random: () => 0.5 };

test("a server that falls silent with a call under way is asked after 5 s, given 5 more, and then left; the call may have run", async (t) => {
  const clock = createManualClock();
  const { peer, probe } = await meeting(t, inMemory(), { clock, timeoutMs: 60_000 });
  const startedAt = clock.now();
  let endedAt = 0;
  const failing = failed(probe.echo(1)).then((error) => {
    endedAt = clock.now();
    return error;
  });
  await peer.expect("request", { id: firstId });
  await clock.advance(5_300);
  await peer.expect("ping");
  await clock.advance(4_000);
  assert.equal(endedAt, 0);
  await clock.advance(1_200);
  const error = await failing;
  assert.deepEqual([error.code, error.processed], ["unavailable", "maybe"]);
  assert.ok(endedAt - startedAt <= 10_500, `after ${endedAt - startedAt} ms`);
});

test("a server that answers its pings is left to work", async (t) => {
  const clock = createManualClock();
  const { peer, probe } = await meeting(t, inMemory(), { clock, timeoutMs: 600_000 });
  const call = probe.echo(1);
  await peer.expect("request", { id: firstId });
  let pings = 0;
  const answer = async (): Promise<void> => {
    for (;;) {
      await peer.expect("ping");
      pings++;
      peer.send(pong());
    }
  };
  const answering = answer().catch(() => {});
  await clock.advance(300_000);
  assert.ok(pings >= 50 && pings <= 61, `${pings} pings in five minutes`);
  peer.send(response(firstId, { value: "at last" }));
  assert.equal(await call, "at last");
  peer.cut();
  await answering;
});

test("an idle connection is asked every 30 s, and one that does not answer is replaced within 36", async (t) => {
  const clock = createManualClock();
  const { peer, server } = await meeting(t, inMemory(), { clock, ...steady });
  await clock.advance(29_000);
  const quiet = peer.receivedBytes;
  await clock.advance(1_500);
  await peer.expect("ping");
  peer.send(pong());
  assert.equal(peer.receivedBytes, quiet + 12);
  await clock.advance(30_500);
  await peer.expect("ping");
  const accepting = server.accept();
  await clock.advance(5_500);
  await peer.rest();
  await greet(await accepting);
});

test("a server that never answers an open is no reason to hang: the call ends at its deadline and was never sent", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const server = await raw.server(t, ground.listen, ground.transport);
  const { probe } = calling(t, ground, server.address, { clock, timeoutMs: 3_000 });
  const failing = failed(probe.add(1, 2));
  const peer = await server.accept();
  await peer.expect("hello");
  peer.send(welcome());
  await peer.expect("open");
  await clock.advance(3_025);
  const error = await failing;
  assert.deepEqual([error.code, error.processed], ["deadline_exceeded", "no"]);
});

test("a server without the service, or without the method, is named in the error, with what it may have been", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const server = await raw.server(t, ground.listen, ground.transport);
  const { probe, connector } = calling(t, ground, server.address, { clock, timeoutMs: 20_000, retry: false });
  const failing = failed(probe.add(1, 2));
  const peer = await server.accept();
  await peer.expect("hello");
  peer.send(welcome());
  await peer.expect("open");
  peer.send(opened(1, undefined));
  await clock.advance(5_100);
  const absent = await failing;
  assert.deepEqual([absent.code, absent.reason, absent.processed], ["unavailable", "NO_SERVICE", "no"]);
  assert.match(absent.message, /memory:\/\/1.*"Probe"/);

  const Other = defineService<{ ad(a: number): number }>("Other", { ad: {} });
  const wrong = failed(connector.client(Other).ad(1));
  const { id } = await peer.expect("open");
  peer.send(opened(id, [{ name: "add", index: 0 }]));
  const error = await wrong;
  assert.deepEqual([error.code, error.reason, error.processed], ["unimplemented", "NO_METHOD", "no"]);
  assert.match(error.message, /"ad".*Other.*did you mean "add"/);
});

test("two services at one address share one connection", async (t) => {
  const { peer, server, connector } = await meeting(t, inMemory());
  const Other = defineService<{ ask(): string }>("Other", { ask: {} });
  const call = connector.client(Other).ask();
  const { id } = await peer.expect("open");
  peer.send(opened(id, [{ name: "ask", index: 9 }]));
  const asked = await peer.expect("request", { target: 9 });
  peer.send(response(asked.id, { value: "answered" }));
  assert.equal(await call, "answered");
  assert.equal(server.accepted, 1);
});

test("a server whose answer to an open is broken is said to be, not only to be silent", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const server = await raw.server(t, ground.listen, ground.transport);
  const { probe } = calling(t, ground, server.address, { clock, timeoutMs: 3_000, retry: false });
  const failing = failed(probe.add(1, 2));
  const peer = await server.accept();
  await peer.expect("hello");
  peer.send(welcome());
  await peer.expect("open");
  peer.send({ kind: "opened", id: 1, body: Buffer.from([0, 0]) });
  await peer.expectClose("MALFORMED_FRAME");
  await clock.advance(3_025);
  const error = await failing;
  assert.equal(error.processed, "no");
  assert.match(error.message, /a frame ends inside a field/);
});
