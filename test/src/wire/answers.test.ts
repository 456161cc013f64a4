import assert from "node:assert/strict";
import test from "node:test";
import { RpcError } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import fc from "fast-check";
import { grounds, inMemory } from "./ground/grounds.js";
import { firstId, meeting } from "./ground/meeting.js";
import { chunk, error, type Frame, faultBody, ping, reject, response } from "./raw/frames.js";
import { msgpack } from "./raw/msgpack.js";
import type { RawPeer } from "./raw/peer.js";

const calls = 12;

/** Something a server says of one of its callers' calls. */
interface Answering {
  readonly what: "response" | "error" | "reject" | "parts" | "first part" | "late chunk";
  readonly call: number;
}

const answering = fc.record({
  what: fc.constantFrom("response", "error", "reject", "parts", "first part", "late chunk"),
  // One more than were made: that one ends the connection.
  call: fc.integer({ min: 0, max: calls }),
}) as fc.Arbitrary<Answering>;

function framesOf({ what, call }: Answering): Frame[] {
  const id = firstId + call;
  const body = msgpack(`answer ${call}`);
  switch (what) {
    case "response":
      return [response(id, { body })];
    case "error":
      return [error(id, { reason: `E${call}` })];
    case "reject":
      return [reject(id, { reason: `E${call}` })];
    case "parts":
      return [response(id, { total: body.length, body: body.subarray(0, 4) }), chunk(id, body.subarray(4))];
    case "first part":
      return [response(id, { total: body.length, body: body.subarray(0, 4) })];
    case "late chunk":
      return [chunk(id, body.subarray(4))];
  }
}

test("whatever a server answers, in whatever order and how often: no call ever gets another's data, and every call settles", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(answering, { maxLength: 40 }), async (answers) => {
      const clock = createManualClock();
      const { peer, probe, connector } = await meeting(t, inMemory(), { clock, timeoutMs: 1_000 });
      const outcomes = Array.from({ length: calls }, (_, call) =>
        probe.echo(call).then(
          (value) => ({ call, value }),
          (thrown: unknown) => ({ call, thrown }),
        ),
      );
      for (let call = 0; call < calls; call++) await peer.expect("request", { id: firstId + call });
      for (const answer of answers) peer.send(...framesOf(answer));
      await clock.advance(1_100);
      for (const outcome of await Promise.all(outcomes)) {
        if ("value" in outcome) {
          assert.equal(outcome.value, `answer ${outcome.call}`);
          continue;
        }
        const { thrown } = outcome;
        assert.ok(thrown instanceof RpcError);
        if (thrown.reason.startsWith("E")) assert.ok(["ENCODE_FAILED", `E${outcome.call}`].includes(thrown.reason));
      }
      await connector.close();
      await peer.gone();
    }),
    { numRuns: 150 },
  );
});

for (const ground of grounds.map((make) => make())) {
  test(`an answer to a call that was never made ends the connection, and calls under way are not said to have failed for sure (${ground.name})`, async (t) => {
    const { peer, probe } = await meeting(t, ground);
    const failing = probe.add(1, 2).catch((thrown: unknown) => thrown);
    await peer.expect("request", { id: firstId });
    peer.send(response(firstId + 1, { value: "another's" }));
    await peer.expectClose("UNKNOWN_ID", { message: new RegExp(`${firstId + 1}`) });
    const failed = await failing;
    assert.ok(failed instanceof RpcError);
    assert.equal(failed.processed, "maybe");
  });

  test(`of two answers the first one counts, and the next call is not taken in by the second (${ground.name})`, async (t) => {
    const { peer, probe } = await meeting(t, ground);
    const first = probe.echo("first");
    await peer.expect("request", { id: firstId });
    peer.send(response(firstId, { value: "one" }), response(firstId, { value: "two" }), error(firstId));
    assert.equal(await first, "one");
    const second = probe.echo("second");
    await peer.expect("request", { id: firstId + 1 });
    peer.send(response(firstId, { value: "three" }), response(firstId + 1, { value: "four" }));
    assert.equal(await second, "four");
  });

  test(`another answer in place of the parts that one still lacks ends the connection: nobody gets half of one and half of another (${ground.name})`, async (t) => {
    for (const other of [
      response(firstId, { value: "two" }),
      response(firstId, { total: 9, body: Buffer.alloc(4) }),
      error(firstId),
    ]) {
      const { peer, probe } = await meeting(t, ground);
      const failing = probe.echo("first").catch((thrown: unknown) => thrown);
      await peer.expect("request", { id: firstId });
      peer.send(response(firstId, { total: 9, body: msgpack("12345678").subarray(0, 4) }), other);
      await peer.expectClose("WRONG_LENGTH");
      assert.ok((await failing) instanceof RpcError);
    }
  });

  test(`answers may come in any order (${ground.name})`, async (t) => {
    const { peer, probe } = await meeting(t, ground);
    const all = [0, 1, 2, 3, 4].map((n) => probe.echo(n));
    for (let n = 0; n < 5; n++) await peer.expect("request", { id: firstId + n });
    for (const n of [3, 0, 4, 2, 1]) peer.send(response(firstId + n, { value: n * 10 }));
    assert.deepEqual(await Promise.all(all), [0, 10, 20, 30, 40]);
  });
}

/** Answers that are no answers. */
const unreadable: readonly (readonly [string, Frame, reason: string])[] = [
  ["bytes that are no value", response(firstId, { body: Buffer.from("c1", "hex") }), ""],
  ["nothing at all", response(firstId, { body: Buffer.alloc(0) }), ""],
  ["a value with something behind it", response(firstId, { body: Buffer.from("0102", "hex") }), ""],
];

for (const [what, frame, reason] of unreadable) {
  test(`an answer that is ${what} fails its call and nothing else`, async (t) => {
    const { peer, probe } = await meeting(t, inMemory());
    const failing = probe.add(1, 2).catch((thrown: unknown) => thrown);
    const other = probe.echo("other");
    await peer.expect("request", { id: firstId });
    await peer.expect("request", { id: firstId + 1 });
    peer.send(frame);
    const failed = await failing;
    assert.ok(failed instanceof RpcError);
    assert.equal(failed.code, "internal");
    if (reason !== "") assert.equal(failed.reason, reason);
    assert.equal(failed.processed, "yes");
    await lives(peer);
    peer.send(response(firstId + 1, { value: 7 }));
    assert.equal(await other, 7);
  });
}

/** Answers that break the protocol. */
const broken: readonly (readonly [string, Frame, reason: string])[] = [
  ["an answer in a codec that was not agreed", response(firstId, { codec: 77, value: 1 }), "UNKNOWN_CODEC"],
  ["an error that ends in the middle", { ...error(firstId), body: Buffer.alloc(3) }, "MALFORMED_FRAME"],
  ["a reject that ends in the middle", { ...reject(firstId), body: faultBody().subarray(0, -1) }, "MALFORMED_FRAME"],
  ["an error without a body", { kind: "error", id: firstId }, "MALFORMED_FRAME"],
  ["a reject that says the handler ran", reject(firstId, { processed: "yes" }), "MALFORMED_FRAME"],
  ["a reject that says the handler may have run", reject(firstId, { processed: "maybe" }), "MALFORMED_FRAME"],
  ["an error that says the handler did not run", error(firstId, { processed: "no" }), "MALFORMED_FRAME"],
  ["an error that says neither", error(firstId, { processed: 3 }), "MALFORMED_FRAME"],
  ["an error with a message above 1 KiB", error(firstId, { message: "x".repeat(1_025) }), "MALFORMED_FRAME"],
];

for (const [what, frame, reason] of broken) {
  test(`${what} is no proof of anything: the connection ends, and the call may have run`, async (t) => {
    const { peer, probe } = await meeting(t, inMemory());
    const failing = probe.add(1, 2).catch((thrown: unknown) => thrown);
    await peer.expect("request", { id: firstId });
    peer.send(frame);
    await peer.expectClose(reason);
    const failed = await failing;
    assert.ok(failed instanceof RpcError);
    assert.equal(failed.processed, "maybe");
  });
}

test("an error arrives as its server said it, each certainty and each code, known or not", async (t) => {
  const { peer, probe } = await meeting(t, inMemory());
  const expected = async (frame: Frame, like: Partial<RpcError>): Promise<void> => {
    const failing = probe.add(1, 2).catch((thrown: unknown) => thrown);
    const { id } = await peer.expect("request");
    peer.send({ ...frame, id });
    const failed = await failing;
    assert.ok(failed instanceof RpcError);
    for (const [name, value] of Object.entries(like)) assert.equal(Reflect.get(failed, name), value, name);
    assert.equal(failed.origin, "peer");
  };
  await expected(error(0, { code: 5, processed: "yes", reason: "NO_ORDER", message: "no order 7" }), {
    code: "not_found",
    processed: "yes",
    reason: "NO_ORDER",
    message: "no order 7",
    retryAfterMs: undefined,
  });
  await expected(error(0, { code: 14, processed: "maybe", retryAfterMs: 250 }), {
    code: "unavailable",
    processed: "maybe",
    retryAfterMs: 250,
  });
  await expected(reject(0, { code: 8, retryAfterMs: 0 }), {
    code: "resource_exhausted",
    processed: "no",
    retryAfterMs: 0,
  });
  await expected(error(0, { code: 0 }), { code: "unknown" });
  await expected(error(0, { code: 17 }), { code: "unknown" });
  await expected(error(0, { code: 65_535 }), { code: "unknown" });
  await expected(error(0, { reason: "", message: "" }), { reason: "", message: "" });
  await expected(error(0, { details: msgpack({ left: 3 }) }), { reason: "TEST" });
  await expected(error(0, { details: Buffer.from("c1", "hex") }), { reason: "TEST", details: undefined });
});

async function lives(peer: RawPeer): Promise<void> {
  peer.send(ping(Buffer.from("alive")));
  await peer.expect("pong", { body: Buffer.from("alive") });
}
