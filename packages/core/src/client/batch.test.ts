import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { deadlinesOf } from "../clock/deadlines.js";
import type { Call } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import { defineService } from "../service/define-service.js";
import { createManualClock } from "../testing/manual-clock.js";
import { type BatchOptions, batch } from "./batch.js";
import { createClient, withOptions } from "./create-client.js";

interface Shop {
  price(sku: string): number;
  slow(): null;
}

const ShopService = defineService<Shop>("shop.Shop", { price: {}, slow: { timeoutMs: 1 } });

/** Prices are the lengths of names; "bad" fails, and `slow` is never answered. */
function shop() {
  const clock = createManualClock(1_000);
  const sent: Call[] = [];
  const client = createClient(
    ShopService,
    async (call) => {
      sent.push(call);
      if (call.method.name === "slow") return new Promise(() => {});
      const sku = String(call.input[0]);
      if (sku === "bad") throw new RpcError("not_found", "no such thing");
      return sku.length;
    },
    { clock, timeoutMs: 30_000 },
  );
  return { clock, sent, client };
}

const codes = (outcomes: readonly PromiseSettledResult<unknown>[]): unknown[] =>
  outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : (outcome.reason as RpcError).code));

describe("a batch", () => {
  test("has an outcome for each call, in order, whatever becomes of the others", async () => {
    const { client } = shop();
    const outcomes = await batch({}, (on) => [
      on(client).price("tea"),
      on(client).price("bad"),
      on(client).price("salt"),
    ]);
    assert.deepEqual(codes(outcomes), [3, "not_found", 4]);
  });

  test("of none, of one and of thousands has as many outcomes", async () => {
    const { client, sent } = shop();
    assert.deepEqual(await batch({ timeoutMs: 50 }, () => []), []);
    assert.equal(sent.length, 0);
    assert.deepEqual(codes(await batch({}, (on) => [on(client).price("a")])), [1]);
    const many = await batch({}, (on) => Array.from({ length: 5_000 }, () => on(client).price("tea")));
    assert.deepEqual([many.length, new Set(codes(many))], [5_000, new Set([3])]);
  });

  test("has one deadline, in place of the methods' and the client's, at which all settle that have not", async () => {
    const { client, clock, sent } = shop();
    const settled = batch({ timeoutMs: 60_000 }, (on) => [
      on(client).price("tea"),
      on(client).slow(),
      on(withOptions(client, { timeoutMs: 20 })).slow(),
      withOptions(on(client), { timeoutMs: 90_000 }).slow(),
    ]);
    assert.deepEqual(
      sent.map(({ deadline }) => deadline),
      [61_000, 61_000, 1_020, 61_000],
    );
    await clock.advance(60_006);
    assert.deepEqual(codes(await settled), [3, "deadline_exceeded", "deadline_exceeded", "deadline_exceeded"]);
    assert.equal(deadlinesOf(clock).size, 0);
  });

  test("that has expired already sends nothing and settles all", async () => {
    const { client, sent } = shop();
    const outcomes = await batch({ timeoutMs: 0 }, (on) => [on(client).price("tea"), on(client).slow()]);
    assert.deepEqual(codes(outcomes), ["deadline_exceeded", "deadline_exceeded"]);
    assert.equal(sent.length, 0);
  });

  test("is cancelled as a whole by its signal, and each call by its client's own too", async () => {
    const { client, clock } = shop();
    const whole = new AbortController();
    const own = new AbortController();
    const settled = batch({ signal: whole.signal }, (on) => [
      on(client).slow(),
      on(withOptions(client, { signal: own.signal })).slow(),
      on(client).price("tea"),
    ]);
    await clock.settle();
    own.abort();
    whole.abort();
    assert.deepEqual(codes(await settled), ["cancelled", "cancelled", 3]);
    assert.equal(getEventListeners(whole.signal, "abort").length, 0);
    const { client: other } = shop();
    const alone = batch({ signal: new AbortController().signal }, (on) => [
      on(withOptions(other, { signal: AbortSignal.abort() })).slow(),
    ]);
    assert.deepEqual(codes(await alone), ["cancelled"]);
  });

  test("is cancelled by its own signal where a client has another, also within the builder or before it", async () => {
    const other = new AbortController().signal;
    for (const when of ["before", "within", "after"]) {
      const { client, clock, sent } = shop();
      const whole = new AbortController();
      if (when === "before") whole.abort();
      const settled = batch({ signal: whole.signal }, (on) => {
        const calls = [on(withOptions(client, { signal: other })).slow(), on(client).slow()];
        if (when === "within") whole.abort();
        return calls;
      });
      await clock.settle();
      if (when === "after") whole.abort();
      assert.deepEqual(codes(await settled), ["cancelled", "cancelled"]);
      assert.equal(sent.length, when === "before" ? 0 : 2);
      for (const signal of [whole.signal, other]) assert.equal(getEventListeners(signal, "abort").length, 0);
    }
  });

  test("makes no signal of two, which leaves something behind for as long as a signal lives that is used again and again", async (t) => {
    const { client } = shop();
    const any = t.mock.method(AbortSignal, "any");
    const [whole, own] = [new AbortController().signal, new AbortController().signal];
    await batch({ signal: whole }, (on) => [on(withOptions(client, { signal: own })).price("tea")]);
    assert.equal(any.mock.callCount(), 0);
  });

  test("whose builder throws cancels what was begun, rejects with what was thrown, and leaves no rejection behind", async () => {
    const { client, sent } = shop();
    const mistake = new Error("in the builder");
    const built = batch({}, (on) => {
      void on(client).slow();
      void on(client).price("bad");
      throw mistake;
    });
    await assert.rejects(built, (thrown) => thrown === mistake);
    assert.equal(sent[0]!.abandoned?.code, "cancelled");
    await new Promise((resolve) => setImmediate(resolve));
  });

  test("whose builder leaves a failing call out leaves no rejection behind", async () => {
    const { client } = shop();
    const outcomes = await batch({}, (on) => {
      void on(client).price("bad");
      return [on(client).price("tea")];
    });
    assert.deepEqual(codes(outcomes), [3]);
    await new Promise((resolve) => setImmediate(resolve));
  });

  test("takes no call once it is built", async () => {
    const { client, sent } = shop();
    let kept = client;
    await batch({}, (on) => {
      kept = on(client);
      return [];
    });
    await assert.rejects(kept.price("tea"), { code: "failed_precondition", reason: "BATCH_BUILT", processed: "no" });
    assert.equal(sent.length, 0);
  });

  test("refuses what is no option, no time, no signal, no list and no client, and says which", async () => {
    const { client } = shop();
    const wrong = (options: object): Promise<unknown> => batch(options as BatchOptions, () => []);
    await assert.rejects(wrong({ timeout: 5 }), /batch has no option "timeout"; did you mean "timeoutMs"\?/);
    await assert.rejects(wrong({ timeoutMs: Number.NaN }), TypeError);
    await assert.rejects(wrong({ signal: {} }), /batch: signal must be an AbortSignal/);
    await assert.rejects(
      batch({}, (async () => [client.price("tea")]) as never),
      /the builder must return a list of calls, and no promise of one/,
    );
    await assert.rejects(
      batch({}, (on) => [(on({}) as typeof client).price("tea")]),
      /batch: on\(\) wants a client/,
    );
  });
});
