import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { deadlinesOf } from "../clock/deadlines.js";
import type { Call } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import { defineService } from "../service/define-service.js";
import { createManualClock } from "../testing/manual-clock.js";
import type { CallOptions } from "./call-options.js";
import { createClient, withOptions } from "./create-client.js";

interface Shop {
  price(name?: string): number;
  slow(): void;
}

const ShopService = defineService<Shop>("shop.Shop", { price: {}, slow: { timeoutMs: 60_000 } });

/** A client whose calls are never answered, and the calls that reached where they go. */
function client(timeoutMs?: number) {
  const clock = createManualClock(1_000);
  const sent: Call[] = [];
  const shop = createClient(
    ShopService,
    (call) => {
      sent.push(call);
      return new Promise(() => {});
    },
    { clock, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
  );
  return { clock, sent, shop };
}

const failure = (call: Promise<unknown>): Promise<RpcError> =>
  call.then(
    () => assert.fail("it succeeded"),
    (thrown) => {
      assert.ok(thrown instanceof RpcError, String(thrown));
      return thrown;
    },
  );

describe("timeouts", () => {
  const hour = 3_600_000;
  const rows: readonly [given: number | undefined, expected: number][] = [
    [undefined, 10_000],
    [0, 0],
    [-0, 0],
    [-1, 0],
    [Number.NEGATIVE_INFINITY, 0],
    [0.5, 0.5],
    [1, 1],
    [hour, hour],
    [hour + 1, hour],
    [2 ** 31, hour],
    [1e20, hour],
    [Number.POSITIVE_INFINITY, hour],
  ];
  for (const [timeoutMs, expectedMs] of rows) {
    test(`timeoutMs ${timeoutMs} is ${expectedMs} ms`, async () => {
      const { clock, sent, shop } = client();
      const outcome = failure(withOptions(shop, { timeoutMs }).price());
      await clock.settle();
      assert.equal(sent.length, expectedMs === 0 ? 0 : 1);
      assert.equal(clock.timers, expectedMs === 0 ? 0 : 1);
      await clock.advance(expectedMs + 6);
      const error = await outcome;
      assert.deepEqual([error.code, error.reason, error.processed], ["deadline_exceeded", "DEADLINE_EXCEEDED", "no"]);
      assert.ok(error.message.startsWith("/shop.Shop/price "), error.message);
      assert.equal(clock.timers, 0);
      assert.equal(sent[0]?.deadline ?? 1_000, 1_000 + expectedMs);
    });
  }

  for (const timeoutMs of [Number.NaN, "5", null, {}, 5n, true]) {
    test(`timeoutMs ${String(timeoutMs)} is a mistake that shows where it was made`, () => {
      const { shop } = client();
      assert.throws(() => withOptions(shop, { timeoutMs } as CallOptions), TypeError);
      assert.throws(() => client(timeoutMs as number), TypeError);
    });
  }

  test("the call's timeout goes before the method's, which goes before the client's", async () => {
    const { clock, sent, shop } = client(500);
    const outcomes = [shop.price(), shop.slow(), withOptions(shop, { timeoutMs: 70 }).slow()].map(failure);
    assert.deepEqual(
      sent.map(({ deadline }) => deadline - 1_000),
      [500, 60_000, 70],
    );
    await clock.advance(60_006);
    await Promise.all(outcomes);
  });
});

describe("signals", () => {
  test("with a signal that has aborted nothing is sent, and the reason is kept", async () => {
    const { sent, shop } = client();
    const signal = AbortSignal.abort("why");
    const error = await failure(withOptions(shop, { signal }).price());
    assert.deepEqual([error.code, error.processed, error.cause], ["cancelled", "no", "why"]);
    assert.equal(sent.length, 0);
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  test("what is no signal is refused where it is given", () => {
    const { shop } = client();
    for (const signal of [null, {}, new AbortController(), "signal"])
      assert.throws(() => withOptions(shop, { signal } as CallOptions), /signal must be an AbortSignal/);
  });

  test("a call gives its signal back, whatever way it ends", async () => {
    const { signal } = new AbortController();
    const ends: readonly (() => Promise<unknown>)[] = [
      async () => 1,
      () => Promise.reject(new Error("made up")),
      () => {
        throw new Error("made up");
      },
    ];
    for (const end of ends) {
      const shop = withOptions(createClient(ShopService, end, { clock: createManualClock() }), { signal });
      await shop.price().catch(() => {});
      assert.equal(getEventListeners(signal, "abort").length, 0);
    }
    const { clock, shop } = client();
    const late = failure(withOptions(shop, { signal, timeoutMs: 10 }).price());
    await clock.advance(20);
    await late;
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });
});

test("100,000 calls that share one signal leave no listener, warn of nothing, and are all cancelled by it", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  const clock = createManualClock();
  const open: Call[] = [];
  const shop = createClient(
    ShopService,
    (call) => {
      open.push(call);
      return open.length % 10 > 0 ? Promise.resolve("answer") : new Promise(() => {});
    },
    { clock },
  );
  const controller = new AbortController();
  const patient = withOptions(shop, { signal: controller.signal });
  const calls = Array.from({ length: 100_000 }, () =>
    patient.price().then(
      () => "answer",
      (thrown: RpcError) => thrown.code,
    ),
  );
  await clock.settle();
  assert.ok(getEventListeners(controller.signal, "abort").length <= 10);
  controller.abort();
  const counts = new Map<string, number>();
  for (const outcome of await Promise.all(calls)) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  assert.deepEqual(Object.fromEntries(counts), { answer: 90_000, cancelled: 10_000 });
  await clock.settle();
  process.off("warning", onWarning);
  assert.deepEqual(warnings, []);
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  assert.equal(clock.timers, 1, "the one that was set for the first deadline");
  assert.equal(deadlinesOf(clock).size, 0);
});

describe("options", () => {
  test("later ones go over earlier ones, and neither client changes the other", () => {
    const { sent, shop } = client();
    const { signal } = new AbortController();
    const one = withOptions(shop, { timeoutMs: 5, metadata: { tenant: "a", trace: "1" } });
    const two = withOptions(one, { signal, metadata: { trace: "2" } });
    for (const each of [shop, one, two]) void each.price().catch(() => {});
    assert.deepEqual(
      sent.map((call) => [call.deadline - 1_000, call.signal === signal, { ...call.metadata }]),
      [
        [10_000, false, {}],
        [5, false, { tenant: "a", trace: "1" }],
        [5, true, { tenant: "a", trace: "2" }],
      ],
    );
  });

  test("what the caller changes of its metadata later does not change what is sent", () => {
    const { sent, shop } = client();
    const metadata = { tenant: "a" };
    const tagged = withOptions(shop, { metadata });
    metadata.tenant = "b";
    void tagged.price().catch(() => {});
    assert.equal(sent[0]?.metadata["tenant"], "a");
  });

  test("metadata that is none is refused where it is given", () => {
    const { shop } = client();
    for (const metadata of [null, "text", 1])
      assert.throws(() => withOptions(shop, { metadata } as unknown as CallOptions), /metadata must be an object/);
  });

  test("priority is normal unless said, and what is said last counts", () => {
    const { sent, shop } = client();
    const critical = withOptions(shop, { priority: "critical" });
    for (const each of [
      shop,
      critical,
      withOptions(critical, { timeoutMs: 5 }),
      withOptions(critical, { priority: "sheddable" }),
    ])
      void each.price().catch(() => {});
    assert.deepEqual(
      sent.map(({ priority }) => priority),
      ["normal", "critical", "critical", "sheddable"],
    );
  });

  test("what is no option, no priority or no function is refused where it is given, with what was meant", () => {
    const { shop } = client();
    const wrong = (options: object): unknown => withOptions(shop, options as CallOptions);
    assert.throws(() => wrong({ timeout: 5 }), /withOptions has no option "timeout"; did you mean "timeoutMs"\?/);
    assert.throws(
      () => wrong({ priority: "high" }),
      /priority must be "critical" or "normal" or "sheddable", not "high"/,
    );
    assert.throws(() => wrong({ onReply: {} }), /onReply must be a function/);
  });

  test("options want a client", () => {
    for (const wrong of [{}, null, undefined, Object.create(client().shop as object)])
      assert.throws(() => withOptions(wrong as object, {}), /withOptions wants a client/);
  });
});

describe("a client", () => {
  test("that is awaited, logged, stringified, spread or compared sends nothing", async () => {
    const { sent, shop } = client();
    assert.equal(await shop, shop);
    assert.match(inspect(shop), /shop\.ShopClient/);
    assert.equal(JSON.stringify(shop), "{}");
    assert.deepEqual({ ...shop }, {});
    assert.equal(String(shop), "[object Object]");
    assert.equal(structuredClone({ ...shop }) instanceof Object, true);
    assert.deepEqual(Object.keys(shop), []);
    for (const name of ["then", "toJSON", "catch", "asymmetricMatch", "nope"]) assert.equal(name in shop, false);
    assert.equal(sent.length, 0);
  });

  test("sends the arguments as they were given, and the answer as it came", async () => {
    const answer = { same: true };
    const inputs: unknown[] = [];
    const shop = createClient(ShopService, async (call) => {
      inputs.push(call.input);
      return answer;
    });
    assert.equal(await shop.price("tea"), answer);
    assert.equal(await shop.price(), answer);
    assert.deepEqual(inputs, [["tea"], []]);
  });

  test("whose call is answered after its deadline keeps the first outcome", async () => {
    const clock = createManualClock();
    const shop = createClient(ShopService, () => new Promise((resolve) => clock.setTimer(() => resolve(1), 10_020)), {
      clock,
    });
    const error = failure(shop.price());
    await clock.advance(20_000);
    assert.equal((await error).code, "deadline_exceeded");
  });
});
