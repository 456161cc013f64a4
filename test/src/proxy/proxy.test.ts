import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import test, { type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { atEnd } from "../wire/ground/at-end.js";
import { until } from "../wire/ground/until.js";
import { type FaultProxy, openProxy } from "./open-proxy.js";
import type { Script } from "./script.js";

/** One connection through a proxy, with what each end heard. */
interface Line {
  readonly proxy: FaultProxy;
  readonly client: End;
  readonly server: End;
}

interface End {
  readonly socket: Socket;
  readonly heard: Buffer[];
  readonly events: string[];
}

function end(socket: Socket): End {
  const heard: Buffer[] = [];
  const events: string[] = [];
  socket.on("data", (bytes: Buffer) => heard.push(bytes));
  socket.on("end", () => events.push("end"));
  socket.on("error", (error: NodeJS.ErrnoException) => events.push(error.code ?? error.message));
  socket.on("close", () => events.push("close"));
  return { socket, heard, events };
}

const all = ({ heard }: End): string => Buffer.concat(heard).toString("latin1");

async function line(t: TestContext, script: Script = {}): Promise<Line> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const target = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxy = await openProxy({ target, script: () => script });
  const accepting = once(server, "connection") as Promise<[Socket]>;
  const client = connect({ host: "127.0.0.1", port: Number(new URL(proxy.address).port), allowHalfOpen: true });
  const ends = { client: end(client), server: end((await accepting)[0]) };
  atEnd(t, async () => {
    client.destroy();
    ends.server.socket.destroy();
    await proxy.close();
    await new Promise((resolve) => server.close(resolve));
  });
  await proxy.passage(0);
  return { proxy, ...ends };
}

test("bytes and ends pass both ways, unchanged and counted, where nothing is asked for", async (t) => {
  const { proxy, client, server } = await line(t);
  client.socket.end("ping");
  await until("the server heard all", () => all(server) === "ping" && server.events.includes("end"));
  server.socket.end("pong!");
  await until("the client heard all", () => all(client) === "pong!" && client.events.includes("close"));
  const [passage] = proxy.passages;
  assert.deepEqual([passage?.passedBytes("up"), passage?.passedBytes("down")], [4, 5]);
  assert.deepEqual(client.events, ["end", "close"]);
});

test("latency delays every byte and keeps their order, without holding up those behind", async (t) => {
  const { client, server } = await line(t, { up: { latencyMs: 60 } });
  const startedAt = performance.now();
  for (let n = 0; n < 10; n++) client.socket.write(String(n));
  await until("the server heard something", () => server.heard.length > 0);
  const firstMs = performance.now() - startedAt;
  await until("the server heard all", () => all(server) === "0123456789");
  const allMs = performance.now() - startedAt;
  assert.ok(firstMs >= 59, `the first after ${firstMs} ms`);
  assert.ok(allMs < 10 * 60, `all after ${allMs} ms: one waited for another`);
});

test("bandwidth lets so many bytes through in a second", async (t) => {
  const { client, server } = await line(t, { up: { bytesPerSecond: 100_000 } });
  const startedAt = performance.now();
  client.socket.write(Buffer.alloc(10_000));
  client.socket.write(Buffer.alloc(10_000));
  await until("the server heard all", () => all(server).length === 20_000);
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs >= 195, `20,000 bytes took ${tookMs} ms`);
});

test("slices arrive one by one", async (t) => {
  const { client, server } = await line(t, { up: { sliceBytes: 1 } });
  client.socket.write("abcdefgh");
  await until("the server heard all", () => all(server) === "abcdefgh");
  assert.ok(server.heard.length > 1, "it came in one piece");
});

test("bytes are altered where they stand in the stream, however they were cut", async (t) => {
  const alter = (bytes: Buffer, offset: number): void => {
    if (offset <= 3 && 3 < offset + bytes.length) bytes[3 - offset]! ^= 0x20;
  };
  const { client, server } = await line(t, { up: { alter } });
  client.socket.write("ab");
  await until("the server heard a part", () => all(server) === "ab");
  client.socket.write("cdef");
  await until("the server heard all", () => all(server) === "abcDef");
});

for (const direction of ["up", "down"] as const) {
  test(`a reset after so many bytes is seen by both ends, behind exactly those bytes (${direction})`, async (t) => {
    const { client, server } = await line(t, { [direction]: { accident: { afterBytes: 5, what: "reset" } } });
    const [from, to] = direction === "up" ? [client, server] : [server, client];
    from.socket.write("abcdefgh");
    await until("both ends are closed", () => [from, to].every(({ events }) => events.includes("close")));
    assert.equal(all(to), "abcde");
    assert.deepEqual(
      [from.events, to.events],
      [
        ["ECONNRESET", "close"],
        ["ECONNRESET", "close"],
      ],
    );
  });
}

test("half a close ends one direction, and the other one goes on", async (t) => {
  const { proxy, client, server } = await line(t);
  client.socket.write("a");
  await until("the server heard it", () => all(server) === "a");
  proxy.passages[0]!.halfClose("up");
  await until("the server heard the end", () => server.events.includes("end"));
  server.socket.write("still here");
  await until("the client heard it", () => all(client) === "still here");
  assert.deepEqual(client.events, []);
});

test("an end after so many bytes is half a close", async (t) => {
  const { client, server } = await line(t, { up: { accident: { afterBytes: 2, what: "end" } } });
  client.socket.write("abc");
  await until("the server heard the end", () => server.events.includes("end"));
  assert.equal(all(server), "ab");
  server.socket.write("x");
  await until("the client heard it", () => all(client) === "x");
});

test("a direction that is paused lets nothing through until it is resumed, and the other one does", async (t) => {
  const { proxy, client, server } = await line(t);
  const [passage] = proxy.passages;
  passage!.pause("up");
  client.socket.write("later");
  server.socket.write("now");
  await until("the client heard it", () => all(client) === "now");
  assert.equal(passage!.passedBytes("up"), 0);
  passage!.resume("up");
  await until("the server heard it", () => all(server) === "later");
});

test("a black hole swallows everything, the end included, and tells nobody", async (t) => {
  const { proxy, client, server } = await line(t);
  client.socket.write("a");
  await until("the server heard it", () => all(server) === "a");
  proxy.passages[0]!.blackHole();
  server.socket.write("lost");
  client.socket.end("lost too");
  await once(client.socket, "finish");
  client.socket.destroy();
  for (let turns = 0; turns < 100; turns++) await turn();
  assert.deepEqual([all(client), all(server), server.events], ["", "a", []]);
});

test("a stall after so many bytes swallows the rest of that direction alone", async (t) => {
  const { client, server } = await line(t, { down: { accident: { afterBytes: 3, what: "stall" } } });
  server.socket.write("abcdef");
  client.socket.write("up");
  await until("both heard what passes", () => all(client) === "abc" && all(server) === "up");
  assert.deepEqual([client.events, server.events], [[], []]);
});

test("where nobody listens behind the proxy, or it refuses, the client sees the connection end", async () => {
  const proxy = await openProxy({ target: "tcp://127.0.0.1:1" });
  const ends: End[] = [];
  for (const refusing of [false, true]) {
    proxy.refuse(refusing);
    const client = end(connect(Number(new URL(proxy.address).port), "127.0.0.1"));
    await until("the client's end is closed", () => client.events.includes("close"));
    ends.push(client);
  }
  assert.deepEqual(
    ends.map(({ events }) => events),
    [
      ["ECONNRESET", "close"],
      ["end", "close"],
    ],
  );
  assert.equal(proxy.accepted, 2);
  assert.deepEqual(proxy.passages, []);
  await proxy.close();
});
