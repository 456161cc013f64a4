import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Head } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import { createManualClock } from "../testing/manual-clock.js";
import { headFrom, peerAt } from "./head.fixture.js";
import { type RateLimitOptions, rateLimit } from "./rate-limit.js";
import { createTokenBuckets } from "./token-buckets.js";

const shop = peerAt("tcp://10.0.0.1:5001", "shop");
const shopElsewhere = peerAt("tcp://10.0.0.2:5001", "shop");
const stranger = peerAt("tcp://10.0.0.3:5001");
const strangerAgain = peerAt("tcp://10.0.0.3:5002");

function limited(options: Omit<RateLimitOptions, "clock">) {
  const clock = createManualClock(1_000_000.125);
  const admission = rateLimit({ ...options, clock });
  /** How many of so many calls are let in. */
  const letIn = (count: number, head: () => Head): number =>
    Array.from({ length: count }, () => admission(head())).filter((rejection) => rejection === undefined).length;
  return { clock, admission, letIn };
}

describe("rateLimit", () => {
  test("at the limit calls are let in, one above is told how long to wait, and after that is let in", async () => {
    const { clock, admission, letIn } = limited({ perSecond: 10 });
    assert.equal(
      letIn(10, () => headFrom(shop)),
      10,
    );
    const rejection = admission(headFrom(shop));
    assert.ok(rejection instanceof RpcError);
    assert.deepEqual(
      [rejection.code, rejection.reason, rejection.processed],
      ["resource_exhausted", "RATE_LIMIT", "no"],
    );
    assert.ok(rejection.retryAfterMs! >= 100 && rejection.retryAfterMs! <= 110, `${rejection.retryAfterMs} ms`);
    await clock.advance(99);
    assert.equal(
      letIn(1, () => headFrom(shop)),
      0,
    );
    await clock.advance(1);
    assert.equal(
      letIn(2, () => headFrom(shop)),
      1,
    );
  });

  test("over an hour as many calls are let in as were promised, however many come", async () => {
    const { clock, letIn } = limited({ perSecond: 7, burst: 3 });
    let total = 0;
    for (let step = 0; step < 36_000; step++) {
      total += letIn(2, () => headFrom(shop));
      await clock.advance(100);
    }
    assert.ok(total >= 7 * 3_600 && total <= 7 * 3_600 + 3, `${total} calls`);
  });

  test("less than one call a second can be said, and a burst above the rate", async () => {
    const slow = limited({ perSecond: 0.1 });
    assert.equal(
      slow.letIn(5, () => headFrom(shop)),
      1,
    );
    await slow.clock.advance(10_000);
    assert.equal(
      slow.letIn(5, () => headFrom(shop)),
      1,
    );
    assert.equal(
      limited({ perSecond: 1, burst: 50 }).letIn(60, () => headFrom(shop)),
      50,
    );
  });

  test("a caller is its identity, else its host, over whatever connections; others have limits of their own", () => {
    const { letIn } = limited({ perSecond: 5 });
    assert.equal(letIn(3, () => headFrom(shop)) + letIn(3, () => headFrom(shopElsewhere)), 5);
    assert.equal(letIn(3, () => headFrom(stranger)) + letIn(3, () => headFrom(strangerAgain)), 5);
    const v6 = [peerAt("tcp://[2001:db8::1]:1"), peerAt("tcp://[2001:db8::2]:1"), peerAt("tcp://[2001:db8:0:1::1]:1")];
    assert.deepEqual(
      v6.map((peer) => letIn(3, () => headFrom(peer))),
      [3, 2, 3],
    );
  });

  test("nobody can take another's name by an address that looks like it", () => {
    const { letIn } = limited({ perSecond: 5 });
    assert.equal(
      letIn(6, () => headFrom(peerAt("name:shop"))),
      5,
    );
    assert.equal(
      letIn(6, () => headFrom(shop)),
      5,
    );
  });

  for (const [by, expected] of [
    ["server", [5, 0, 0]],
    ["method", [5, 5, 0]],
    ["caller", [5, 0, 5]],
    ["caller and method", [5, 5, 5]],
    [({ method }: Head) => (method.name === "quote" ? "quotes" : undefined), [5, 6, 0]],
  ] as const) {
    test(`by ${typeof by === "string" ? by : "a function"} the limit is shared by whom it says`, () => {
      const { letIn } = limited({ perSecond: 5, by });
      const calls = [headFrom(shop), headFrom(shop, "Prices/list"), headFrom(stranger)];
      assert.deepEqual(
        calls.map((head) => letIn(6, () => head)),
        expected,
      );
    });
  }

  test("a million callers fill no memory, and one who stays is still limited", async () => {
    const buckets = createTokenBuckets(10, 10, 1_000);
    for (let caller = 0; caller < 1_000_000; caller++) buckets.take(`at:${caller}`, caller / 100);
    assert.ok(buckets.size <= 1_000, `${buckets.size} are remembered`);
  });

  test("being rejected is cheap: the same error is said again", () => {
    const { admission, letIn } = limited({ perSecond: 10 });
    letIn(10, () => headFrom(shop));
    assert.equal(admission(headFrom(shop)), admission(headFrom(shop)));
  });

  for (const [options, says] of [
    [{}, /perSecond/],
    [{ perSecond: 0 }, /perSecond/],
    [{ perSecond: Number.NaN }, /perSecond/],
    [{ perSecond: 1, burst: 0 }, /burst/],
    [{ perSecond: 1, by: "calller" }, /by must be/],
    [{ perSecond: 1, keys: 0.5 }, /keys/],
    [{ perSecnd: 1 }, /perSecond/],
  ] as const) {
    test(`${JSON.stringify(options)} is refused at once, in words that name it`, () => {
      const named = (error: unknown) =>
        error instanceof RpcError && error.reason === "BAD_OPTION" && says.test(error.message);
      assert.throws(() => rateLimit(options as unknown as RateLimitOptions), named);
    });
  }
});
