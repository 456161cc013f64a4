import assert from "node:assert/strict";
import test from "node:test";
import { connect, RpcError } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { calling } from "./ground/calling.js";
import { inMemory } from "./ground/grounds.js";
import { greet } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { response } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

test("three connections to an endpoint each carry a third of the calls under way, and a lost one leaves two", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const server = await raw.server(t, ground.listen, ground.transport);
  const { probe } = calling(t, ground, server.address, { connections: 3, clock, timeoutMs: 60_000, retry: false });
  const first = probe.nothing();
  const peers = await Promise.all([1, 2, 3].map(() => server.accept()));
  await greet(peers[0]!);
  const { id } = await peers[0]!.expect("request");
  peers[0]!.send(response(id));
  await first;
  for (const peer of peers.slice(1)) await greet(peer);
  await clock.advance(20);
  const calls = Array.from({ length: 6 }, (_, n) => probe.echo(n).catch((thrown: unknown) => thrown));
  const asked = await Promise.all(
    peers.map(async (peer) => [await peer.expect("request"), await peer.expect("request")]),
  );
  const lost = peers[2]!.gone();
  for (const [index, requests] of asked.slice(0, 2).entries()) {
    for (const request of requests) peers[index]!.send(response(request.id, { value: "answered" }));
  }
  await lost;
  const outcomes = await Promise.all(calls);
  assert.equal(outcomes.filter((outcome) => outcome === "answered").length, 4);
  for (const outcome of outcomes) {
    if (outcome !== "answered") assert.ok(outcome instanceof RpcError && outcome.processed === "maybe");
  }
  const next = [probe.echo("a"), probe.echo("b")];
  for (const peer of peers.slice(0, 2)) peer.send(response((await peer.expect("request")).id, { value: "still" }));
  assert.deepEqual(await Promise.all(next), ["still", "still"]);
});

test("each connection of several is one at the server, all are closed with the client, and one alone is the default", async (t) => {
  const ground = inMemory();
  const { address, server } = await serving(t, ground);
  const several = calling(t, ground, address, { connections: 4 });
  await Promise.all(Array.from({ length: 8 }, (_, n) => several.probe.add(n, 1)));
  await until("all four are there", () => server.connections === 4);
  const alone = calling(t, ground, address);
  await alone.probe.add(1, 1);
  assert.equal(server.connections, 5);
  await Promise.all([several.connector.close(), alone.connector.close()]);
  await until("none is left", () => server.connections === 0);
});

test("a wrong number of connections, or a wrong part of keepAlive, is named at once", () => {
  const at = { address: "tcp://127.0.0.1:1" };
  for (const [options, says] of [
    [{ ...at, connections: 0 }, /connect: connections must be a whole number above 0/],
    [{ ...at, connections: 1.5 }, /connections/],
    [{ ...at, keepAlive: { idleMs: -1 } }, /connect: keepAlive: idleMs must be a number of 0 or more/],
    [{ ...at, keepAlive: { pingMs: 1 } }, /keepAlive has no option "pingMs"/],
    [{ ...at, keepAlive: { suspectTimeoutMs: "1" } }, /suspectTimeoutMs/],
  ] as const) {
    assert.throws(
      () => connect(options as Parameters<typeof connect>[0]),
      (thrown) => thrown instanceof RpcError && thrown.reason === "BAD_OPTION" && says.test(thrown.message),
    );
  }
});
