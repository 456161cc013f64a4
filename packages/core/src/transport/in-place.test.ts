import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { connectInPlace } from "./in-place.js";

/** A socket that is read in place, and the other end of it. */
async function pair(t: TestContext, landing?: () => Buffer | undefined): Promise<{ near: Socket; far: Socket }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = connectInPlace({ host: "127.0.0.1", port: (server.address() as AddressInfo).port }, landing);
  const [far] = (await once(server, "connection")) as [Socket];
  t.after(() => {
    for (const end of [near, far, server]) "destroy" in end ? end.destroy() : end.close();
  });
  return { near, far };
}

/** Collects copies of what a socket brings until it has so many bytes. */
async function read(socket: Socket, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  await new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      chunks.push(Buffer.from(chunk));
      length += chunk.length;
      if (length >= bytes) resolve();
    });
  });
  return Buffer.concat(chunks);
}

test("what comes before anybody listens is not lost, and stands in front of what comes later", async (t) => {
  const { near, far } = await pair(t);
  far.write("early ");
  await once(near, "readable");
  const all = read(near, 10);
  far.write("late");
  assert.equal((await all).toString(), "early late");
});

test("a socket that is paused brings nothing, and nothing is lost by it", async (t) => {
  const { near, far } = await pair(t);
  const all = read(near, 300_000);
  near.pause();
  far.write(Buffer.alloc(300_000, 7));
  let brought = false;
  near.once("data", () => {
    brought = true;
  });
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  assert.equal(brought, false);
  near.resume();
  assert.equal((await all).equals(Buffer.alloc(300_000, 7)), true);
});

test("sockets read into the same memory, one after the other", async (t) => {
  const [one, other] = [await pair(t), await pair(t)];
  const seen = new Set<ArrayBufferLike>();
  for (const { near, far } of [one, other]) {
    const chunk = new Promise<Buffer>((resolve) => near.once("data", resolve));
    far.write("some bytes");
    seen.add((await chunk).buffer);
  }
  assert.equal(seen.size, 1);
});

test("the other side's end is heard", async (t) => {
  const { near, far } = await pair(t);
  near.on("data", () => {});
  far.end("bye");
  await once(near, "end");
  await once(near, "close");
});

test("bytes that have a place are read to it, once all before them was heard", async (t) => {
  const place = Buffer.alloc(10);
  let landings = 0;
  const { near, far } = await pair(t, () => (landings++ === 0 ? place : undefined));
  far.write("early");
  await once(near, "readable");
  assert.equal(landings, 0, "what waits in the stream has not been heard");
  const heard: Buffer[] = [];
  const hear = async (what: string): Promise<void> => {
    far.write(what);
    const [chunk] = (await once(near, "data")) as [Buffer];
    heard.push(chunk);
  };
  near.on("data", () => {});
  await once(near, "data");
  await hear("one");
  await hear("two");
  await hear("three");
  assert.deepEqual(
    heard.map(({ buffer }) => buffer === place.buffer),
    [false, true, false],
  );
  assert.equal(place.toString("latin1", 0, 3), "two");
});
