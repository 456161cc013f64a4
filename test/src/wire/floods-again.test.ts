import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { createManualClock } from "@rpc/core/testing";
import { calling } from "./ground/calling.js";
import { type Ground, inMemory, onTcp } from "./ground/grounds.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { bytesOf, hello, ping } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

const tooManyPings = Buffer.concat(Array.from({ length: 1_001 }, () => bytesOf(ping())));

/** A server that had to tell five connections of one address to calm down. */
async function flooded(t: TestContext, ground: Ground) {
  const clock = createManualClock();
  const served = await serving(t, ground, { clock });
  const { probe } = calling(t, ground, served.address, { clock });
  await probe.nothing();
  for (let time = 0; time < 5; time++) {
    const peer = await raw.greeted(t, served.address, ground.transport);
    peer.pieces(tooManyPings, 16_384);
    await peer.rest();
  }
  await until("all are gone", () => served.server.connections === 1);
  return { ...served, clock, probe };
}

for (const ground of [inMemory(), onTcp()]) {
  test(`who floods, is cut off and connects anew is not read for a second, from the fifth time on; who is there already is served: ${ground.listen}`, async (t) => {
    const { address, clock, probe, server } = await flooded(t, ground);
    const peer = await raw.client(t, address, ground.transport);
    peer.send(hello());
    peer.pieces(tooManyPings, 16_384);
    await until("it is held back", () => server.connections === 2);
    await clock.advance(990);
    assert.equal(peer.receivedBytes, 0);
    assert.equal(await probe.add(1, 2), 3);
    await clock.advance(20);
    assert.equal((await peer.rest()).at(-1)?.fault?.reason, "ENHANCE_YOUR_CALM");
  });
}

test("an honest client behind the address of one that floods is welcomed a second later, and at once after a minute", async (t) => {
  const ground = inMemory();
  const { address, clock } = await flooded(t, ground);
  const late = await raw.client(t, address, ground.transport);
  late.send(hello());
  await clock.advance(1_010);
  await late.expect("welcome");
  await clock.advance(60_000);
  await raw.greeted(t, address, ground.transport);
});

test("a connection that went away while it was held back is let go of a second later", async (t) => {
  const ground = onTcp();
  const { address, clock, server } = await flooded(t, ground);
  const gone = await raw.client(t, address, ground.transport);
  await until("it is held back", () => server.connections === 2);
  gone.cut();
  await clock.advance(1_010);
  await until("it is gone", () => server.connections === 1);
});

test("a server that closes does not wait for connections that it holds back, and counts them as refused", async (t) => {
  const ground = inMemory();
  const { address, clock, server } = await flooded(t, ground);
  const before = server.stats().accepts;
  const held = await raw.client(t, address, ground.transport);
  await until("it is held back", () => server.connections === 2);
  const closed = server.close();
  await held.rest();
  await clock.advance(100);
  await closed;
  assert.equal(server.stats().accepts.failed, before.failed + 1);
});

test("of hundreds of connections at once from such an address most are closed, not kept", async (t) => {
  const ground = inMemory();
  const { address, server } = await flooded(t, ground);
  const peers = [];
  for (let n = 0; n < 300; n++) peers.push(await raw.client(t, address, ground.transport));
  await until("the rest are closed", () => server.connections <= 257);
  assert.equal(server.connections, 257);
});
