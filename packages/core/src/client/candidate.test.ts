import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { madeUpCall } from "../ambient/made-up-call.fixture.js";
import type { Call } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import type { RemoteMethod, RemoteService } from "../session/remote-service.js";
import type { Session } from "../session/session.js";
import { CallCounters } from "../stats/call-counters.js";
import { ReadyCandidate } from "./candidate.js";
import { endpointAt } from "./listed-registry.fixture.js";

const endpoint = endpointAt("memory://a");
const failure = new RpcError("unknown", "made up");

/** A candidate on a connection that answers nothing, and the time of its last read. */
function candidate(remote: Partial<RemoteService> = {}) {
  const session = { readAt: 0, roundTripMs: 40, send: () => new Promise(() => {}) };
  const { method: own } = madeUpCall();
  const method: RemoteMethod = {
    own,
    index: 0,
    idempotent: true,
    codec: undefined,
    flags: 0,
    counters: new CallCounters(),
  };
  const kinds = new Map([["up", "unary" as const]]);
  const service = { methods: [method], kinds, schemaHashes: new Map(), find: () => method, ...remote };
  return { session, it: new ReadyCandidate(endpoint, session as unknown as Session, service) };
}

describe("what is known of an endpoint's latency", () => {
  test("the first answer counts whole, a slower one at once", () => {
    const { it, session } = candidate();
    it.onSettled(10, undefined, session.readAt);
    assert.equal(it.latencyMs, 10);
    it.onSettled(500, undefined, session.readAt);
    assert.equal(it.latencyMs, 500);
  });

  test("a faster one counts by and by: after 300 ms nearly two thirds of the way", () => {
    const { it, session } = candidate();
    it.onSettled(500, undefined, session.readAt);
    for (let now = 3; now <= 300; now += 3) {
      session.readAt = now;
      const before = it.latencyMs;
      it.onSettled(10, undefined, session.readAt);
      assert.ok(it.latencyMs < before && it.latencyMs > 10);
    }
    const expected = 10 + 490 * Math.exp(-1);
    assert.ok(Math.abs(it.latencyMs - expected) < 0.1 * expected, `${it.latencyMs} ms`);
  });

  test("a thousand fast answers in one read do not wipe out a slow one", () => {
    const { it, session } = candidate();
    it.onSettled(500, undefined, session.readAt);
    for (let answer = 0; answer < 1_000; answer++) it.onSettled(1, undefined, session.readAt);
    assert.equal(it.latencyMs, 500);
  });

  test("a quick failure makes no endpoint look fast, a late one makes it look slow", () => {
    const { it, session } = candidate();
    it.onSettled(0.1, failure, session.readAt);
    assert.equal(it.latencyMs, 0);
    it.onSettled(100, undefined, session.readAt);
    session.readAt = 60_000;
    it.onSettled(0.1, failure, session.readAt);
    assert.equal(it.latencyMs, 100);
    it.onSettled(900, failure, session.readAt);
    assert.equal(it.latencyMs, 900);
  });

  test("where nothing is heard it is forgotten, so that one slow answer keeps no calls away for ever", () => {
    const { it, session } = candidate();
    it.onSettled(1_000, undefined, session.readAt);
    it.relax(250);
    assert.equal(it.latencyMs, 1_000, "something was heard since the last time");
    for (let step = 0; step < 4; step++) it.relax(250);
    assert.ok(Math.abs(it.latencyMs - 1_000 * Math.exp(-1)) < 1e-6, `${it.latencyMs} ms`);
    for (let step = 0; step < 40; step++) it.relax(250);
    assert.ok(it.latencyMs < 0.1);
  });

  test("how far away it is, is the shortest it ever answered in, the hello included; slow and failed answers say nothing", () => {
    const { it, session } = candidate();
    assert.equal(it.distanceMs, 40);
    it.onSettled(30, undefined, session.readAt);
    it.onSettled(500, undefined, session.readAt);
    it.onSettled(1, failure, session.readAt);
    assert.equal(it.distanceMs, 30);
    for (let step = 0; step < 2_400; step++) {
      it.onSettled(500, undefined, session.readAt);
      it.relax(250);
    }
    assert.ok(Math.abs(it.distanceMs - 60) < 0.001, `${it.distanceMs} ms after ten minutes`);
    for (let step = 0; step < 2_400; step++) it.relax(250);
    assert.ok(Math.abs(it.distanceMs - 60) < 0.001, "who is not asked comes no nearer");
  });

  test("what was never written says nothing of it", () => {
    const { it, session } = candidate();
    it.pending = 1;
    it.onSettled(-1, failure, session.readAt);
    assert.deepEqual([it.latencyMs, it.pending], [0, 0]);
  });
});

describe("a call given to an endpoint", () => {
  test("is counted until it has settled, and learns whether its method may run twice", () => {
    const { it, session } = candidate();
    const call: Call = madeUpCall();
    it.send(call, { succeed() {}, fail() {} });
    assert.deepEqual([it.pending, call.idempotent, call.endpoint], [1, true, endpoint]);
    it.onSettled(1, undefined, session.readAt);
    assert.equal(it.pending, 0);
  });

  test("of a method that the server lacks fails by name, with what was probably meant, and is not counted", async () => {
    const { it } = candidate({
      methods: [undefined],
      find: () => undefined,
      kinds: new Map([
        ["upp", "unary" as const],
        ["down", "unary" as const],
      ]),
    });
    await assert.rejects(
      new Promise((succeed, fail) => it.send(madeUpCall(), { succeed, fail })),
      (thrown: RpcError) => {
        assert.deepEqual(
          [thrown.code, thrown.reason, thrown.processed, thrown.endpoint],
          ["unimplemented", "NO_METHOD", "no", "memory://a"],
        );
        assert.equal(thrown.message, 'memory://a has no method "up" in its service Made; did you mean "upp"?');
        return true;
      },
    );
    assert.equal(it.pending, 0);
  });
});
