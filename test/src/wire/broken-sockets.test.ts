import assert from "node:assert/strict";
import test from "node:test";
import { calling } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { onTcp } from "./ground/grounds.js";
import { meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { open, request } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

test("a connection that is reset while it is read is a read error of the server's figures, and of the client's", async (t) => {
  const ground = onTcp();
  const { server, address } = await serving(t, ground);
  const peer = await raw.greeted(t, address);
  peer.reset();
  await until("it is gone", () => server.connections === 0);
  const { readErrors, writeErrors } = server.stats().total.traffic;
  assert.deepEqual([readErrors, writeErrors], [1, 0]);
  server.resetStats();
  assert.equal(server.stats().total.traffic.readErrors, 0);

  const met = await meeting(t, ground);
  const call = failed(met.probe.nothing());
  await met.peer.expect("request");
  met.peer.reset();
  assert.equal((await call).reason, "CONNECTION_LOST");
  assert.equal(met.connector.stats().total.traffic.readErrors, 1);
});

test("a connection that breaks under a write is a write error of the server's figures, and its own alone", async (t) => {
  const ground = onTcp();
  const reset: (() => void)[] = [];
  const { server, address } = await serving(t, ground, { on: { hang: () => reset.pop()?.() } });
  const { probe } = calling(t, ground, address);
  await probe.nothing();
  const peer = await raw.greeted(t, address);
  // The answer is written in the turn in which the peer went: before anybody can read that it did.
  reset.push(() => peer.reset());
  peer.send(open("Probe", ["hang"]));
  await peer.expect("opened");
  peer.send(request({ id: 2 }));
  await until("it is gone", () => server.connections === 1);
  const { readErrors, writeErrors } = server.stats().total.traffic;
  assert.deepEqual([readErrors, writeErrors], [0, 1]);
  assert.equal(await probe.add(1, 2), 3);
});
