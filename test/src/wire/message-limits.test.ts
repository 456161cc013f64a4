import assert from "node:assert/strict";
import test from "node:test";
import { defineService } from "@rpc/core";
import { calling } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { grounds, inMemory } from "./ground/grounds.js";
import { firstId, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { open, ping, request, response } from "./raw/frames.js";
import { args, msgpack } from "./raw/msgpack.js";
import { raw } from "./raw/raw.js";

const MiB = 1_048_576;
/** What stands before the text in the encoded argument list, and in the encoded answer. */
const listHead = 6;
const textHead = 5;

for (const ground of grounds.map((make) => make())) {
  test(`arguments of 4 MiB arrive, and one byte more is refused before anything of it is sent (${ground.name})`, async (t) => {
    const { address, ran } = await serving(t, ground, {
      on: { length: ({ input: [text] }) => (text as string).length },
    });
    const { connector } = calling(t, ground, address);
    const client = connector.client(defineService<{ length(text: string): number }>("Texts", { length: {} }));
    assert.equal(await client.length("x".repeat(4 * MiB - listHead)), 4 * MiB - listHead);
    const error = await failed(client.length("x".repeat(4 * MiB - listHead + 1)));
    assert.deepEqual([error.code, error.reason, error.processed], ["resource_exhausted", "MESSAGE_TOO_LARGE", "no"]);
    assert.match(error.message, /\/Texts\/length.*limits\.messageBytes/);
    assert.equal(await client.length("ü".repeat(2 * MiB - listHead / 2)), 2 * MiB - listHead / 2);
    assert.equal(ran.length, 2);
  });

  test(`an answer of 4 MiB arrives, and one byte more is told as an error (${ground.name})`, async (t) => {
    const { address } = await serving(t, ground, {
      on: { echo: ({ input: [length] }) => "x".repeat(length as number) },
    });
    const { probe } = calling(t, ground, address);
    assert.equal(((await probe.echo(4 * MiB - textHead)) as string).length, 4 * MiB - textHead);
    const error = await failed(probe.echo(4 * MiB - textHead + 1));
    assert.deepEqual([error.code, error.reason, error.processed], ["resource_exhausted", "MESSAGE_TOO_LARGE", "yes"]);
    assert.match(error.message, /\/Probe\/echo.*limits\.messageBytes/);
  });
}

test("a call that waits in the queue may be as large as one that is sent at once, and not larger", async (t) => {
  const { peer, probe } = await meeting(t, inMemory(), { limits: { inFlight: 1 } });
  const first = probe.nothing();
  const fits = probe.echo("x".repeat(4 * MiB - listHead));
  const error = await failed(probe.echo("x".repeat(4 * MiB - listHead + 1)));
  assert.deepEqual([error.code, error.reason, error.processed], ["resource_exhausted", "MESSAGE_TOO_LARGE", "no"]);
  await peer.expect("request", { id: firstId });
  peer.send(response(firstId));
  let bytes = 0;
  for (let more = true; more; ) {
    const part = await peer.next();
    bytes += part.body.length;
    more = (part.flags & 1) !== 0;
  }
  assert.equal(bytes, 4 * MiB);
  peer.send(response(firstId + 1));
  await Promise.all([first, fits]);
});

test("a client keeps to what the server takes where that is less than its own limit", async (t) => {
  const ground = inMemory();
  const { address, ran } = await serving(t, ground, { limits: { messageBytes: 100_000 } });
  const { probe } = calling(t, ground, address);
  assert.equal(((await probe.echo("x".repeat(100_000 - listHead))) as string).length, 100_000 - listHead);
  const error = await failed(probe.echo("x".repeat(100_000 - listHead + 1)));
  assert.deepEqual([error.reason, error.processed], ["MESSAGE_TOO_LARGE", "no"]);
  assert.equal(ran.length, 1);
});

/** A value with so many levels, the outermost counted. */
const nested = (levels: number): unknown => (levels <= 1 ? [] : [nested(levels - 1)]);

for (const [what, value, fits] of [
  ["64 levels", nested(63), true],
  ["65 levels", nested(64), false],
  ["262,144 elements", Array.from({ length: 262_143 }, () => null), true],
  ["262,145 elements", Array.from({ length: 262_144 }, () => null), false],
] as const) {
  test(`arguments of ${what}, the list itself counted, are ${fits ? "taken" : "refused, and the connection lives"}`, async (t) => {
    const ground = inMemory();
    const { address } = await serving(t, ground, { on: { take: () => "taken" } });
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["take"]));
    await peer.expect("opened");
    const body = args(value);
    const split = body.length > 60_000;
    peer.send(request({ id: 2, body: split ? body.subarray(0, 60_000) : body, ...(split && { total: body.length }) }));
    for (let at = 60_000; at < body.length; at += 60_000) {
      const more = at + 60_000 < body.length;
      peer.send({ kind: "chunk", id: 2, flags: more ? 1 : 0, body: body.subarray(at, at + 60_000) });
    }
    if (fits) await peer.expect("response", { id: 2, body: msgpack("taken") });
    else await peer.expect("reject", { id: 2, code: "invalid_argument", processed: "no" });
    peer.send(ping());
    await peer.expect("pong");
  });
}
