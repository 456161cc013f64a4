import assert from "node:assert/strict";
import test from "node:test";
import { batch, oneway, type RpcError } from "@rpc/core";
import { calling } from "./ground/calling.js";
import { grounds, inMemory } from "./ground/grounds.js";
import { firstId, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { response } from "./raw/frames.js";

const codes = (outcomes: readonly PromiseSettledResult<unknown>[]): unknown[] =>
  outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : (outcome.reason as RpcError).code));

for (const ground of grounds.map((make) => make())) {
  test(`a batch to two servers has every outcome, those of handlers that hang too, by its deadline (${ground.name})`, async (t) => {
    const one = calling(t, ground, (await serving(t, ground)).address).probe;
    const two = calling(t, ground, (await serving(t, ground)).address).probe;
    for (const probe of [one, two]) await probe.nothing();
    const startedAt = performance.now();
    const outcomes = await batch({ timeoutMs: 500 }, (on) => [
      on(one).add(1, 2),
      on(two).hang(),
      on(two).echo("two"),
      on(oneway(one)).nothing(),
      on(one).hang(),
    ]);
    const tookMs = performance.now() - startedAt;
    assert.deepEqual(codes(outcomes), [3, "deadline_exceeded", "two", undefined, "deadline_exceeded"]);
    assert.ok(tookMs >= 495, `${tookMs} ms`);
  });
}

test("the calls of a batch to one server leave in one write", async (t) => {
  const ground = inMemory();
  const { peer, probe } = await meeting(t, ground);
  const settled = batch({}, (on) => Array.from({ length: 200 }, (_, n) => on(probe).add(n, 1)));
  await peer.expect("request", { id: firstId });
  const { receivedBytes } = peer;
  for (let n = 1; n < 200; n++) await peer.expect("request", { id: firstId + n });
  assert.equal(peer.receivedBytes, receivedBytes, "all came with the first");
  for (let n = 0; n < 200; n++) peer.send(response(firstId + n, { value: n + 1 }));
  assert.deepEqual(
    codes(await settled),
    Array.from({ length: 200 }, (_, n) => n + 1),
  );
});

test("a batch larger than the queue has an outcome for each call, evicted ones too", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground);
  const { probe } = calling(t, ground, address, { limits: { inFlight: 4, sendQueueEntries: 8 } });
  await probe.nothing();
  const outcomes = codes(await batch({}, (on) => Array.from({ length: 100 }, () => on(probe).add(1, 2))));
  assert.deepEqual([outcomes.length, outcomes.filter((value) => value === 3).length], [100, 12]);
  assert.equal(outcomes.filter((value) => value === "resource_exhausted").length, 88);
});
