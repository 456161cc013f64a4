import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import test, { type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { atEnd } from "../wire/ground/at-end.js";
import { until } from "../wire/ground/until.js";
import { bytesOf, hello } from "../wire/raw/frames.js";
import { holdsTrue, scene, tally } from "./scene.js";

const MiB = 1_024 * 1_024;
const helloMs = 1_000;

/** Sockets to an address, and how many of them have been closed. */
interface Crowd {
  readonly sockets: readonly Socket[];
  readonly closed: number;
  readonly connected: number;
}

/** Opens many connections at once. Gone at the end of the test. */
function crowd(t: TestContext, address: string, count: number, say?: Buffer): Crowd {
  const { hostname, port } = new URL(address);
  const counts = { closed: 0, connected: 0 };
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on("error", () => {});
    socket.on("close", () => counts.closed++);
    socket.on("connect", () => counts.connected++);
    socket.resume();
    if (say !== undefined) socket.write(say);
    return socket;
  });
  atEnd(t, () => {
    for (const socket of sockets) socket.destroy();
  });
  return {
    sockets,
    get closed() {
      return counts.closed;
    },
    get connected() {
      return counts.connected;
    },
  };
}

test("a thousand connections that say nothing are closed when their time is up, and cost nobody a call", async (t) => {
  const { server, load, address } = await scene(t, { server: { limits: { helloMs } } });
  await load({ calls: 500, inFlight: 16, timeoutMs: 5_000 });
  const before = await server.ask("memory", {});
  const silent = crowd(t, address, 1_000);
  const outcomes = await load({ calls: 2_000, inFlight: 16, timeoutMs: 5_000, from: 500 });
  assert.deepEqual(tally(outcomes), { answered: 2_000 });
  await until("all are connected", () => silent.connected === 1_000);
  const held = await server.ask("memory", {});
  assert.ok(held.rssBytes - before.rssBytes < 64 * MiB, `${(held.rssBytes - before.rssBytes) / MiB} MiB`);
  await until("the silent are closed", () => silent.closed === 1_000);
});

test("connections that say hello a byte at a time are closed when the time for it is up", async (t) => {
  const { load, address } = await scene(t, { server: { limits: { helloMs } } });
  const words = bytesOf(hello());
  const slow = crowd(t, address, 200);
  const speak = async (): Promise<number> => {
    let at = 0;
    for (; at < words.length && slow.closed < 200; at++) {
      for (const socket of slow.sockets) if (socket.writable) socket.write(words.subarray(at, at + 1));
      await delay(50);
    }
    return at;
  };
  const [outcomes, said] = await Promise.all([load({ calls: 2_000, inFlight: 16, timeoutMs: 5_000 }), speak()]);
  assert.deepEqual(tally(outcomes), { answered: 2_000 });
  await until("the slow are closed", () => slow.closed === 200);
  assert.ok(said < words.length, "they were let finish");
});

test("waves of connections that come and go at once cost nobody a call, and leave no memory behind", async (t) => {
  const { server, load, address } = await scene(t);
  await load({ calls: 500, inFlight: 16, timeoutMs: 5_000 });
  const before = await server.ask("memory", {});
  const storm = async (): Promise<void> => {
    for (let wave = 0; wave < 5; wave++) {
      const some = crowd(t, address, 400, bytesOf(hello()));
      await until("the wave is here", () => some.connected === 400);
      for (const [place, socket] of some.sockets.entries()) {
        if (place % 2 === 0) socket.destroy();
        else socket.resetAndDestroy();
      }
    }
  };
  const [outcomes] = await Promise.all([load({ calls: 3_000, inFlight: 16, timeoutMs: 10_000, from: 500 }), storm()]);
  assert.deepEqual(tally(outcomes), { answered: 3_000 });
  const { rssBytes, heldBytes } = await server.ask("memory", {});
  assert.ok(heldBytes - before.heldBytes < 8 * MiB, `${(heldBytes - before.heldBytes) / MiB} MiB held`);
  assert.ok(rssBytes - before.rssBytes < 64 * MiB, `${(rssBytes - before.rssBytes) / MiB} MiB`);
});

test("a server without file descriptors goes on serving those it has; who comes meanwhile backs off, and gets in later", async (t) => {
  const { server, load, proxy, address } = await scene(t, { openFiles: 64 });
  const inside = await load({ calls: 10, inFlight: 2, timeoutMs: 5_000, keep: true });
  assert.deepEqual(tally(inside), { answered: 10 });
  const many = crowd(t, address, 100);
  await until("some were turned away", () => many.closed > 10);
  const still = await load({ calls: 100, inFlight: 4, timeoutMs: 5_000, from: 10, keep: true });
  assert.deepEqual(tally(still), { answered: 100 });
  const before = proxy.accepted;
  const turnedAway = await load({ calls: 1, inFlight: 1, timeoutMs: 1_500, from: 110 });
  assert.equal(turnedAway[0]?.processed, "no");
  const attempts = proxy.accepted - before;
  assert.ok(attempts >= 2 && attempts <= 8, `${attempts} attempts in 1.5 s`);
  for (const socket of many.sockets) socket.destroy();
  const later = await load({ calls: 20, inFlight: 2, timeoutMs: 10_000, from: 111, connect: { waitForReady: true } });
  assert.deepEqual(tally(later), { answered: 20 });
  await holdsTrue([...inside, ...still, ...turnedAway, ...later], 131, 10_000, server);
});

test("a server that accepts and stays silent gets a hello and no request, at growing intervals", async (t) => {
  const { client } = await scene(t);
  const heard: Buffer[] = [];
  const acceptedAt: number[] = [];
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => {
    acceptedAt.push(performance.now());
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => heard.push(bytes));
  });
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  atEnd(t, () => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const address = `tcp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const [outcome] = await client.ask("load", {
    address,
    calls: 1,
    inFlight: 1,
    timeoutMs: 3_000,
    connect: { connectMs: 100 },
  });
  assert.equal(outcome?.processed, "no");
  const gaps = acceptedAt.slice(1).map((at, index) => at - acceptedAt[index]!);
  assert.ok(gaps.length >= 3 && gaps.length <= 9, `${acceptedAt.length} attempts in 3 s`);
  assert.ok(gaps.at(-1)! > 1.5 * gaps[0]!, `the gaps were ${gaps.map(Math.round).join(", ")} ms`);
  // A hello each, and nothing that would name the service or its method.
  assert.equal(Buffer.concat(heard).includes("Ledger"), false);
});
