import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createClient, defineService, type Peer } from "@rpc/core";
import { failed } from "../wire/ground/failed.js";
import { grounds, inMemory } from "../wire/ground/grounds.js";
import { until } from "../wire/ground/until.js";
import { PhoneService, scene } from "./desk.js";

for (const make of grounds) {
  describe(`a server and its client call each other over ${make().name}`, () => {
    test("a handler calls its caller while the caller waits, and the caller's handler calls back: a hundred deep", async (t) => {
      const { desk } = await scene(t, make());
      assert.equal(await desk.ask("hello"), "hello!");
      assert.equal(await desk.down(100), 100);
    });

    test("who is connected is listed and told of, can be called without having called, and its end is told", async (t) => {
      const { server, connector, desk } = await scene(t, make());
      const come: Peer[] = [];
      const stop = server.onPeer((peer) => void come.push(peer));
      assert.deepEqual(server.peers(), []);
      assert.equal(await desk.add(1, 2), 3);
      const [peer] = server.peers();
      assert.ok(peer !== undefined);
      assert.deepEqual([server.peers(), come], [[peer], [peer]]);
      assert.equal(peer.ready, true);
      assert.equal(await createClient(PhoneService, peer.invoke).ring("you"), "you!");
      stop();
      await connector.close();
      await peer.closed;
      assert.deepEqual([peer.ready, server.peers()], [false, []]);
    });
  });
}

test("a peer that offers nothing, not this service, or not this method, says so, and the like of it that it has", async (t) => {
  const ground = inMemory();
  const { server, desk } = await scene(t, ground, { client: { serve: [] } });
  const error = await failed(desk.ask("hello"));
  // What a handler received is not what its own caller is told.
  assert.deepEqual([error.code, error.processed], ["unknown", "yes"]);
  const [deaf] = server.peers();
  const nothing = await failed(createClient(PhoneService, deaf!.invoke).ring("hello"));
  assert.deepEqual([nothing.code, nothing.reason, nothing.processed], ["unimplemented", "NO_SERVICE", "no"]);
  assert.match(nothing.message, /offers no service "Phone"/);
  assert.equal(nothing.attempts, 1);
  assert.equal(server.stats().toPeers.calls.reasons["NO_SERVICE"], 2);

  interface Phones {
    rings(text: string): string;
  }
  const PhonesService = defineService<Phones>("Phone", { rings: {} });
  const { server: other, desk: otherDesk } = await scene(t, inMemory());
  await otherDesk.ask("hello");
  const [peer] = other.peers();
  const lacking = await failed(createClient(PhonesService, peer!.invoke).rings("hello"));
  assert.deepEqual([lacking.code, lacking.reason, lacking.processed], ["unimplemented", "NO_METHOD", "no"]);
  assert.match(lacking.message, /no method "rings" in its service Phone; did you mean "ring"\?/);
  // What is there is there, whatever was asked for beside it.
  assert.equal(await createClient(PhoneService, peer!.invoke).ring("you"), "you!");
  const unknown = defineService<Phones>("Fone", { rings: {} });
  assert.match((await failed(createClient(unknown, peer!.invoke).rings("hello"))).message, /did you mean "Phone"\?/);
  await until("nothing is pending", () => server.stats().toPeers.calls.pending === 0);
});
