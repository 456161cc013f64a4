import assert from "node:assert/strict";
import test from "node:test";
import { bind, connect, defineService, serve } from "@rpc/core";
import fc from "fast-check";
import { inMemory } from "./ground/grounds.js";
import { landing } from "./ground/landing.js";
import { attackClient } from "./ground/streaming.js";
import { end, item, response } from "./raw/frames.js";
import { msgpack } from "./raw/msgpack.js";

interface Mixed {
  bytes(sizes: readonly number[], seed: number): AsyncIterable<Uint8Array>;
  texts(count: number): AsyncIterable<string>;
  echo(text: string): string;
}

const MixedService = defineService<Mixed>("Mixed", {
  bytes: { stream: "server" },
  texts: { stream: "server" },
  echo: {},
});

/** Bytes of which no two pieces look alike. */
function pattern(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at++) bytes[at] = at * 31 + (at >> 8) * 7 + seed;
  return bytes;
}

const mixed = bind(MixedService, {
  async *bytes(sizes, seed) {
    for (const [index, size] of sizes.entries()) yield pattern(size, seed + index);
  },
  async *texts(count) {
    for (let n = 0; n < count; n++) yield `text ${n} ${"x".repeat(n % 50)}`;
  },
  echo: (text) => text,
});

const sizes = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: 16_000, max: 17_000 }),
    fc.integer({ min: 65_480, max: 65_600 }),
    fc.integer({ min: 120_000, max: 300_000 }),
  ),
  { minLength: 1, maxLength: 12 },
);
const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1_000, max: 270_000 })), {
  minLength: 1,
  maxLength: 8,
});

test("whatever is read at once, and to wherever, items and answers beside them are what was sent", async () => {
  let landed = 0;
  await fc.assert(
    fc.asyncProperty(sizes, cuts, fc.nat(255), async (each, reads, seed) => {
      const { transport, transports, listen } = inMemory();
      let read = 0;
      const memory = landing(
        transport,
        () => reads[read++ % reads.length]!,
        (bytes) => {
          landed += bytes;
        },
      );
      const server = await serve({ services: [mixed], listen, transports });
      const connector = connect({ address: server.address, transports: { memory } });
      const client = connector.client(MixedService);
      // Its items wait unread, as far as there is credit for them.
      const texts = client.texts(200);
      const answers = Array.from({ length: 20 }, (_, n) => client.echo(`${n} ${"y".repeat(n * 10)}`));
      const all: Uint8Array[] = [];
      for await (const bytes of client.bytes(each, seed)) all.push(bytes);
      for (const [index, bytes] of all.entries())
        assert.ok(pattern(each[index]!, seed + index).equals(bytes), `item ${index}`);
      assert.equal(all.length, each.length);
      for (const [n, answer] of answers.entries()) assert.equal(await answer, `${n} ${"y".repeat(n * 10)}`);
      let n = 0;
      for await (const text of texts) assert.equal(text, `text ${n} ${"x".repeat(n++ % 50)}`);
      assert.equal(n, 200);
      await connector.close();
      await server.close();
    }),
    { numRuns: 40 },
  );
  assert.ok(landed > 1_000_000, `${landed} bytes were read to their place`);
});

test("what was read behind a part of an item is not overwritten by the item's next part, though that belongs there", async (t) => {
  const ground = inMemory();
  let landed = 0;
  const reads: number[] = [];
  const memory = landing(
    ground.transport,
    () => reads.shift() ?? 262_144,
    (bytes) => {
      landed += bytes;
    },
  );
  const { peer, client } = await attackClient(t, { transports: { memory } }, undefined, ground);
  const long = client.count(1);
  const unread = client.count(2);
  await peer.expect("request", { id: 3 });
  await peer.expect("request", { id: 4 });
  const first = long.next();
  peer.send(
    response(3, { body: Buffer.alloc(0) }),
    response(4, { body: Buffer.alloc(0) }),
    item(3, { value: "x".repeat(600) }),
  );
  assert.deepEqual(await first, { value: "x".repeat(600), done: false });
  await peer.expect("credit", { id: 3 });
  const value = pattern(20_000, 3);
  const body = msgpack(value);
  const whole = long.next();
  const part = item(3, { total: body.length, body: body.subarray(0, 19_980) });
  const rest = item(3, { body: body.subarray(19_980) });
  // The beginning first; what follows is read to its place, with all that stands behind it.
  reads.push(40);
  peer.send(part, item(4, { value: "unread" }), rest, end(3), end(4));
  const got = await whole;
  assert.ok(value.equals(got.value as unknown as Buffer));
  assert.deepEqual(await unread.next(), { value: "unread", done: false });
  assert.equal((await unread.next()).done, true);
  assert.equal((await long.next()).done, true);
  assert.ok(landed > 19_960, `${landed} bytes were read to their place`);
});
