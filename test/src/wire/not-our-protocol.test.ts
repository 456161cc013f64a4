import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test from "node:test";
import { RpcError } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { atEnd } from "./ground/at-end.js";
import { calling } from "./ground/calling.js";
import { grounds, inMemory, onTcp } from "./ground/grounds.js";
import { serving } from "./ground/serving.js";
import { raw } from "./raw/raw.js";

/** A TLS 1.3 ClientHello begins so: handshake record, version, length, then the hello. */
const tlsHello = Buffer.from("16030100f8010000f40303", "hex");

const strangers: readonly (readonly [string, Buffer])[] = [
  ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: example\r\n\r\n")],
  ["an HTTP/2 preface", Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
  ["a TLS hello", tlsHello],
  ["an SSLv2 hello", Buffer.from("802e0100020015", "hex")],
  ["an SSH banner", Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")],
  ["a Redis command", Buffer.from("*1\r\n$4\r\nPING\r\n")],
  ["random bytes", Buffer.concat([Buffer.from([0x7b]), randomBytes(4_096)])],
  ["what looks like an enormous length", Buffer.from("ffffffffffffffffffffffff", "hex")],
  ["our preface with its second byte wrong", Buffer.from("f2535043", "hex")],
  ["our preface with its last byte wrong", Buffer.from("f25250ff", "hex")],
];

for (const ground of grounds.map((make) => make())) {
  for (const [what, bytes] of strangers) {
    test(`${what} on the port is told nothing and let go at once (${ground.name})`, async (t) => {
      const { address, server } = await serving(t, ground);
      const peer = await raw.client(t, address, ground.transport);
      peer.send(bytes);
      const sentAt = performance.now();
      await peer.expectEnd();
      assert.ok(performance.now() - sentAt < 1_000, "it was closed without waiting for anything");
      assert.equal(peer.receivedBytes, 0);
      assert.equal(server.connections, 0);
    });
  }
}

test("a stranger is let go at its first wrong byte, also when it never says another one, so that it holds no socket", async (t) => {
  const ground = onTcp();
  const { address } = await serving(t, ground);
  const spans: number[] = [];
  for (let round = 0; round < 20; round++) {
    const peer = await raw.client(t, address);
    const sentAt = performance.now();
    peer.bytes("f2 52 00");
    await peer.expectEnd();
    spans.push(performance.now() - sentAt);
    assert.equal(peer.receivedBytes, 0);
  }
  spans.sort((a, b) => a - b);
  assert.ok(spans[10]! < 10, `half of twenty were closed within 10 ms; the median was ${spans[10]} ms`);
});

test("a server that is bothered by strangers goes on serving those who speak its protocol", async (t) => {
  const ground = onTcp();
  const { address } = await serving(t, ground);
  const peer = await raw.greeted(t, address);
  for (const [, bytes] of strangers) (await raw.client(t, address)).send(bytes);
  peer.send({ kind: "ping" });
  await peer.expect("pong");
});

test("a client pointed at an HTTP server learns that this is the wrong port, that nothing ran, and does not hammer it", async (t) => {
  let requests = 0;
  let connections = 0;
  const http = createServer(() => requests++).on("connection", () => connections++);
  // What a browser would be shown is sent to a client that says something else entirely.
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  atEnd(t, () => new Promise((resolve) => http.close(resolve)));
  const { port } = http.address() as AddressInfo;
  const { probe } = calling(t, onTcp(), `tcp://127.0.0.1:${port}`, { retry: false, timeoutMs: 700 });
  const failed = await probe.add(1, 2).catch((error: unknown) => error);
  assert.ok(failed instanceof RpcError);
  assert.equal(failed.processed, "no");
  assert.equal(requests, 0);
  // At 0, 100, 260 and 516 ms, give or take a fifth.
  assert.ok(connections >= 2 && connections <= 6, `it connected ${connections} times in 700 ms`);
});

test("a client that meets another protocol says BAD_PREFACE, tries again ever more seldom, and never sends a request", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const server = await raw.server(t, ground.listen, ground.transport);
  const met: number[] = [];
  const refuse = async (): Promise<void> => {
    for (;;) {
      const peer = await server.accept();
      met.push(clock.now());
      peer.send(Buffer.from("SSH-2.0-OpenSSH_9.2\r\n"));
      assert.ok((await peer.rest()).every(({ kind }) => kind === "hello"));
    }
  };
  void refuse();
  const { probe } = calling(t, ground, server.address, { retry: false, timeoutMs: 60_000, clock, random: () => 0.5 });
  const failing = probe.add(1, 2).catch((error: unknown) => error);
  await clock.advance(6_000);
  const failed = await failing;
  assert.ok(failed instanceof RpcError);
  assert.equal(failed.code, "unavailable");
  assert.equal(failed.reason, "BAD_PREFACE");
  assert.equal(failed.processed, "no");
  assert.match(failed.message, /memory:\/\/1/);
  // 100 ms × 1.6.
  assert.deepEqual(met.map(Math.round), [0, 100, 260, 516, 926, 1_581, 2_630, 4_307]);
});

test("who knows only half of the preface and then leaves costs nothing", async (t) => {
  const ground = onTcp();
  const { address, server } = await serving(t, ground);
  const peer = await raw.client(t, address);
  peer.bytes("f252").cut();
  await peer.expectEnd();
  assert.equal(server.connections, 0);
});
