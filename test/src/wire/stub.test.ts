import assert from "node:assert/strict";
import test from "node:test";
import { format, inspect } from "node:util";
import { withOptions } from "@rpc/core";
import { calling } from "./ground/calling.js";
import { inMemory } from "./ground/grounds.js";
import { meeting } from "./ground/meeting.js";
import { ping } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

/** What happens to objects in passing, meant or not. */
const glances: readonly (readonly [string, (client: object) => unknown])[] = [
  ["awaited", async (client) => assert.equal(await client, client)],
  ["returned from an async function", async (client) => assert.equal(await (async () => client)(), client)],
  ["given to Promise.resolve", async (client) => assert.equal(await Promise.resolve(client), client)],
  ["given to Promise.all", async (client) => assert.deepEqual(await Promise.all([client]), [client])],
  ["stringified", (client) => assert.equal(JSON.stringify({ client }), '{"client":{}}')],
  ["inspected", (client) => assert.match(inspect(client, { showHidden: true, depth: 9 }), /^ProbeClient/)],
  ["formatted into a log line", (client) => assert.match(format("%s %o %j", client, client, client), /ProbeClient/)],
  ["made text of", (client) => assert.equal(`${client}`, "[object Object]")],
  ["compared", (client) => assert.notDeepEqual(client, { add: 1 })],
  ["asked for its keys", (client) => assert.deepEqual(Object.keys(client), [])],
  ["spread", (client) => assert.deepEqual({ ...client }, {})],
  [
    "asked for what it lacks",
    (client) => assert.equal(Reflect.get(client, "then") ?? Reflect.get(client, "nobody"), undefined),
  ],
  ["asked for a symbol", (client) => assert.equal(Reflect.get(client, Symbol.asyncIterator), undefined)],
  ["given options", (client) => assert.notEqual(withOptions(client, { timeoutMs: 5 }), client)],
];

for (const [what, glance] of glances) {
  test(`a client that is ${what} sends nothing and connects to nobody`, async (t) => {
    const ground = inMemory();
    const server = await raw.server(t, ground.listen, ground.transport);
    const { probe: unconnected } = calling(t, ground, server.address);
    await glance(unconnected);
    const { probe, peer } = await meeting(t, inMemory());
    const before = peer.receivedBytes;
    await glance(probe);
    await glance(withOptions(probe, { timeoutMs: 50 }));
    peer.send(ping());
    await peer.expect("pong");
    assert.equal(peer.receivedBytes, before + 12, "nothing but the pong came");
    assert.equal(server.accepted, 0);
  });
}

test("a method taken off its client says so and sends nothing", async (t) => {
  const { probe, peer } = await meeting(t, inMemory());
  const before = peer.receivedBytes;
  const { add } = probe;
  assert.throws(() => add(1, 2), TypeError);
  peer.send(ping());
  await peer.expect("pong");
  assert.equal(peer.receivedBytes, before + 12);
});
