import assert from "node:assert/strict";
import test from "node:test";
import { bind, defineService, RpcError } from "@rpc/core";
import { createCluster } from "@rpc/core/testing";
import { onTcp } from "./ground/grounds.js";
import { firstId, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { hello, open, request, response } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

/** Holds up this process, as a long computation or a stopped machine does. */
function stall(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test("an answer that was there before its deadline is an answer, though this process was too busy to look", async (t) => {
  const { peer, probe } = await meeting(t, onTcp(), { timeoutMs: 150 });
  const calls = [probe.echo(1), probe.echo(2)];
  for (let n = 0; n < 2; n++) await peer.expect("request", { id: firstId + n });
  peer.send(response(firstId, { value: "one" }), response(firstId + 1, { value: "two" }));
  stall(400);
  assert.deepEqual(await Promise.all(calls), ["one", "two"]);
});

test("a call without an answer still fails after a stall, and is not waited for any longer", async (t) => {
  const { peer, probe } = await meeting(t, onTcp(), { timeoutMs: 100 });
  const failing = probe.echo(1).catch((thrown: unknown) => thrown);
  await peer.expect("request", { id: firstId });
  stall(300);
  const endedAt = performance.now();
  const failed = await failing;
  assert.ok(failed instanceof RpcError);
  assert.equal(failed.code, "deadline_exceeded");
  assert.ok(performance.now() - endedAt < 200);
});

test("a hello that came in time is heard, though this process was too busy to listen", async (t) => {
  const { address } = await serving(t, onTcp(), { limits: { helloMs: 300 } });
  const peer = await raw.client(t, address);
  peer.send(hello());
  stall(700);
  await peer.expect("welcome");
});

test("calls that piled up during a stall are judged by when they could be read, and run where they have time left", async (t) => {
  const { address, ran } = await serving(t, onTcp());
  const peer = await raw.greeted(t, address);
  peer.send(open("Probe", ["add"]));
  await peer.expect("opened");
  for (let id = 2; id < 52; id++) peer.send(request({ id, args: [id, 1], timeLeftMs: 5_000 }));
  stall(200);
  for (let id = 2; id < 52; id++) await peer.expect("response", { id, value: id + 1 });
  assert.equal(ran.length, 50);
});

test("who stands still again and again still finds out that a server is gone", async () => {
  const cluster = createCluster({ seed: 7, network: { latencyMs: 1 } });
  const [server, client] = [cluster.process("server"), cluster.process("client")];
  const EchoService = defineService<{ echo(text: string): string }>("test.Echo", { echo: {} });
  const { address } = await cluster.finish(server.serve({ services: [bind(EchoService, { echo: (text) => text })] }));
  const keepAlive = { busyMs: 500, timeoutMs: 500 };
  const echo = client.connect({ address, keepAlive, retry: false, timeoutMs: 60_000 }).client(EchoService);
  assert.equal(await cluster.finish(echo.echo("a")), "a");
  server.stop();
  let ended: unknown;
  const startedAt = cluster.nowMs;
  echo.echo("b").catch((thrown: unknown) => {
    ended = thrown;
  });
  while (ended === undefined) {
    await cluster.advance(20);
    client.stop();
    await cluster.advance(700);
    client.goOn();
    await cluster.advance(0);
  }
  assert.ok(ended instanceof RpcError);
  assert.equal(ended.reason, "CONNECTION_LOST");
  const tookMs = cluster.nowMs - startedAt;
  assert.ok(tookMs < 10_000, `${tookMs} ms`);
});
