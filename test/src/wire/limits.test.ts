import assert from "node:assert/strict";
import test from "node:test";
import { defineService, RpcError, withOptions } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { calling } from "./ground/calling.js";
import { grounds, inMemory } from "./ground/grounds.js";
import { firstId, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { until } from "./ground/until.js";
import { u8, u16, u32 } from "./raw/bytes.js";
import { bytesOf, hello, helloBody, open, ping, request, response, tlv } from "./raw/frames.js";
import { args, msgpack } from "./raw/msgpack.js";
import { preface } from "./raw/numbers.js";
import { raw } from "./raw/raw.js";

const MiB = 1_048_576;
/** What stands before the text in the encoded argument list, and in the encoded answer. */
const listHead = 6;
const textHead = 5;

const failed = (call: Promise<unknown>): Promise<RpcError> =>
  call.then(
    () => assert.fail("it succeeded"),
    (thrown: unknown) => {
      assert.ok(thrown instanceof RpcError);
      return thrown;
    },
  );

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

/** Metadata whose field has exactly so many bytes. */
const metadataOf = (bytes: number): Record<string, string> => ({ k: "v".repeat(bytes - 4) });

for (const [what, metadata, fits] of [
  ["64 entries", Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`k${n}`, ""])), true],
  ["65 entries", Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`k${n}`, ""])), false],
  ["8 KiB", metadataOf(8_192), true],
  ["8 KiB and a byte", metadataOf(8_193), false],
  ["a name of 128 bytes", { ["n".repeat(128)]: "v" }, true],
  ["a name of 129 bytes", { ["n".repeat(129)]: "v" }, false],
  ["an empty name", { "": "v" }, false],
  ["a name in upper case", { Key: "v" }, false],
  ["a value beyond ASCII", { key: "grüße \u{1F44B}" }, true],
] as const) {
  test(`metadata of ${what} ${fits ? "arrives as it is" : "is refused, naming what is wrong, before anything is sent"}`, async (t) => {
    const ground = inMemory();
    const { address, ran } = await serving(t, ground);
    const { probe } = calling(t, ground, address);
    const call = withOptions(probe, { metadata }).add(1, 2);
    if (fits) {
      assert.equal(await call, 3);
      assert.deepEqual({ ...ran[0]?.metadata }, { ...metadata });
      return;
    }
    const error = await failed(call);
    assert.deepEqual([error.code, error.reason, error.processed], ["invalid_argument", "BAD_METADATA", "no"]);
    assert.match(error.message, /metadata/);
    assert.equal(await probe.add(1, 2), 3);
    assert.equal(ran.length, 1);
  });

  test(`raw metadata of ${what} is ${fits || what.includes("name") ? "taken" : "the end of its connection"}`, async (t) => {
    const ground = inMemory();
    const { address } = await serving(t, ground);
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["add"]));
    await peer.expect("opened");
    const entries = Object.entries(metadata).map(([name, value]) =>
      Buffer.concat([u8(name.length), Buffer.from(name), u16(Buffer.byteLength(value)), Buffer.from(value)]),
    );
    const field = Buffer.concat(entries);
    peer.send(request({ id: 2, args: [1, 2], metadata: Buffer.concat([u16(field.length), field]) }));
    if (fits || what.includes("name")) await peer.expect("response", { id: 2 });
    else await peer.expectClose("METADATA_TOO_LARGE");
  });
}

test("metadata that ends in the middle ends the connection", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground);
  for (const field of ["0001 05", "0004 01 6b 00 01", "0005 01 6b 0009 76", "0003 ff 61 61"]) {
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["add"]));
    await peer.expect("opened");
    peer.send(request({ id: 2, args: [1, 2], metadata: Buffer.from(field.replaceAll(" ", ""), "hex") }));
    await peer.expectClose("MALFORMED_FRAME");
  }
});

test("a hello of 4 KiB is heard, and one byte more is refused with the reason", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground);
  const room = 4_096 - helloBody().length - 3;
  const fits = await raw.client(t, address, ground.transport);
  fits.send(hello({ more: [[99, Buffer.alloc(room)]] }));
  await fits.expect("welcome");
  const above = await raw.client(t, address, ground.transport);
  above.send(hello({ more: [[99, Buffer.alloc(room + 1)]] }));
  await above.expectClose("HELLO_TOO_LARGE");
});

/** Hellos that say too little, or nothing that can be. */
const malformed: readonly (readonly [string, Buffer, reason: string])[] = [
  ["is empty", Buffer.alloc(0), "MALFORMED_HELLO"],
  ["ends in a field's head", Buffer.from([1, 0]), "MALFORMED_HELLO"],
  ["ends in a field", Buffer.from([1, 0, 9, 1]), "MALFORMED_HELLO"],
  ["has no codecs", helloBody({ codecs: [] }), "MALFORMED_HELLO"],
  ["has no versions", helloBody({ versions: [] as unknown as [number, number] }), "MALFORMED_HELLO"],
  ["has no limits", Buffer.concat([tlv(1, Buffer.from([1, 1])), tlv(3, u8(1))]), "MALFORMED_HELLO"],
  ["has limits cut short", helloBody({ limits: [1, 2] }), "MALFORMED_HELLO"],
  ["speaks only later versions", helloBody({ versions: [2, 9] }), "VERSION_MISMATCH"],
  ["speaks only an earlier version", helloBody({ versions: [0, 0] }), "VERSION_MISMATCH"],
  ["knows no codec of ours", helloBody({ codecs: [200, 201] }), "NO_CODEC"],
  ["is of another cluster", helloBody({ cluster: "staging" }), "WRONG_CLUSTER"],
];

for (const [what, body, reason] of malformed) {
  test(`a hello that ${what} is refused with ${reason} in a frame that its sender can read`, async (t) => {
    const ground = inMemory();
    const { address } = await serving(t, ground);
    const peer = await raw.client(t, address, ground.transport);
    peer.send(preface, { kind: "hello", body });
    await peer.expectClose(reason);
  });

  test(`a welcome that ${what} fails the attempt to connect, and no call is sent`, async (t) => {
    const ground = inMemory();
    const clock = createManualClock();
    const server = await raw.server(t, ground.listen, ground.transport);
    const { probe } = calling(t, ground, server.address, { clock, retry: false });
    const failing = failed(probe.add(1, 2));
    const peer = await server.accept();
    await peer.expect("hello");
    peer.send(preface, { kind: "welcome", body });
    await peer.expectClose(reason);
    await server.close();
    await clock.advance(6_000);
    assert.equal((await failing).processed, "no");
  });
}

test("features that only one side knows are not in force, and versions beside ours do no harm", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground);
  const peer = await raw.client(t, address, ground.transport);
  peer.send(hello({ features: 0xffff_ffff, versions: [1, 255], codecs: [77, 1, 2] }));
  const { bytes } = await peer.expect("welcome");
  const welcome = bytes.subarray(12);
  assert.ok(welcome.includes(tlv(1, Buffer.from([1, 1]))), "version 1 was chosen");
  assert.ok(welcome.includes(tlv(2, u32(0))), "no feature");
  assert.ok(welcome.includes(tlv(3, Buffer.from([1, 2]))), "the codecs both know, in the dialler's order");
});

test("who says nothing after connecting is let go after limits.helloMs and told nothing; who began properly is told why", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, server } = await serving(t, ground, { clock });
  const silent = await raw.client(t, address, ground.transport);
  const begun = await raw.client(t, address, ground.transport);
  const half = await raw.client(t, address, ground.transport);
  begun.send(preface);
  half.send(bytesOf(hello()).subarray(0, 40));
  await clock.advance(4_900);
  assert.equal(server.connections, 3);
  await clock.advance(400);
  assert.equal(server.connections, 0);
  await silent.expectEnd();
  assert.equal(silent.receivedBytes, 0);
  await begun.expectClose("HELLO_TIMEOUT");
  await half.expectClose("HELLO_TIMEOUT");
});

test("a connection has 1,024 calls under way and not one more: the next is rejected, and there is room again after an answer", async (t) => {
  const ground = inMemory();
  const release: (() => void)[] = [];
  const { address, ran } = await serving(t, ground, {
    on: { wait: () => new Promise<void>((resolve) => release.push(resolve)) },
  });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["wait"]));
  await peer.expect("opened");
  for (let n = 0; n < 1_024; n++) peer.send(request({ id: 2 + n }));
  peer.send(request({ id: 5_000 }));
  await peer.expect("reject", {
    id: 5_000,
    code: "resource_exhausted",
    reason: "IN_FLIGHT_LIMIT",
    processed: "no",
    message: /limits\.inFlight/,
  });
  await until("all run", () => release.length === 1_024);
  release[0]!();
  await peer.expect("response", { id: 2 });
  peer.send(request({ id: 5_001 }));
  await until("the next one runs", () => ran.length === 1_025);
});

test("a client has as many calls under way as the server takes, and the others wait their turn", async (t) => {
  const { peer, probe } = await meeting(t, inMemory(), {}, { welcome: { limits: [4 * MiB, 3, 16 * MiB, 0, 0, 0] } });
  const calls = Array.from({ length: 10 }, (_, n) => probe.echo(n));
  for (let n = 0; n < 3; n++) await peer.expect("request", { id: firstId + n });
  peer.send(ping());
  await peer.expect("pong");
  for (let n = 0; n < 7; n++) {
    peer.send(response(firstId + n, { value: n }));
    await peer.expect("request", { value: [n + 3] });
  }
  for (let n = 7; n < 10; n++) peer.send(response(firstId + n, { value: n }));
  assert.deepEqual(await Promise.all(calls), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("a full send queue gives up its oldest call for the newest, or refuses the newest, as whenFull says, and names the option", async (t) => {
  for (const whenFull of ["evict", "refuse"] as const) {
    const { peer, probe } = await meeting(t, inMemory(), { whenFull, limits: { inFlight: 1, sendQueueEntries: 3 } });
    const outcomes: string[] = [];
    const calls = Array.from({ length: 6 }, (_, n) =>
      probe.echo(n).then(
        () => outcomes.push(`${n} answered`),
        (error: RpcError) => {
          assert.match(error.message, /limits\.sendQueueEntries 3/);
          outcomes.push(`${n} ${error.reason} ${error.processed}`);
        },
      ),
    );
    for (let answered = 0; answered < 4; answered++) {
      const { id } = await peer.expect("request");
      peer.send(response(id));
    }
    await Promise.all(calls);
    const lost =
      whenFull === "evict" ? ["1 QUEUE_EVICTED no", "2 QUEUE_EVICTED no"] : ["4 QUEUE_FULL no", "5 QUEUE_FULL no"];
    assert.deepEqual(
      outcomes.filter((outcome) => !outcome.includes("answered")),
      lost,
    );
  }
});

test("the bytes of the send queue are bounded too", async (t) => {
  const { peer, probe } = await meeting(t, inMemory(), {
    whenFull: "refuse",
    limits: { inFlight: 1, sendQueueBytes: 20_000 },
  });
  const first = probe.nothing();
  const fits = probe.echo("x".repeat(20_000 - 4));
  const error = await failed(probe.echo(""));
  assert.deepEqual([error.code, error.reason, error.processed], ["resource_exhausted", "QUEUE_FULL", "no"]);
  assert.match(error.message, /limits\.sendQueueBytes 20000/);
  for (const call of [first, fits]) {
    const { id } = await peer.expect("request");
    peer.send(response(id));
    await call;
  }
});

test("handlers above handlersRunning are rejected, over all connections, and their places come back", async (t) => {
  const ground = inMemory();
  const release: (() => void)[] = [];
  const { address } = await serving(t, ground, {
    handlersRunning: 4,
    on: { wait: () => new Promise<void>((resolve) => release.push(resolve)) },
  });
  const peers = [await raw.greeted(t, address, ground.transport), await raw.greeted(t, address, ground.transport)];
  for (const peer of peers) {
    peer.send(open("Probe", ["wait"]), request({ id: 2 }), request({ id: 3 }));
    await peer.expect("opened");
  }
  await until("four run", () => release.length === 4);
  for (const peer of peers) {
    peer.send(request({ id: 4 }));
    await peer.expect("reject", {
      id: 4,
      code: "resource_exhausted",
      reason: "CONCURRENCY_LIMIT",
      processed: "no",
      message: /handlersRunning/,
    });
  }
  for (const resolve of release.splice(0)) resolve();
  for (const peer of peers) {
    await peer.expect("response", { id: 2 });
    await peer.expect("response", { id: 3 });
    peer.send(request({ id: 5 }));
  }
  await until("two more run", () => release.length === 2);
});

test("connections above the limit are let go, and the next one is taken when one has left", async (t) => {
  const ground = inMemory();
  const { address, server } = await serving(t, ground, { connections: 2 });
  const first = await raw.greeted(t, address, ground.transport);
  await raw.greeted(t, address, ground.transport);
  const third = await raw.client(t, address, ground.transport);
  await third.expectEnd();
  assert.equal(third.receivedBytes, 0);
  first.cut();
  await until("one has left", () => server.connections === 1);
  await raw.greeted(t, address, ground.transport);
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
