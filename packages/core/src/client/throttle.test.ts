import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Call, Priority } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import { createManualClock } from "../testing/manual-clock.js";
import { Throttle, type ThrottleOptions } from "./throttle.js";

const overloaded = new RpcError("resource_exhausted", "too much", {
  reason: "OVERLOADED",
  processed: "no",
  origin: "peer",
  retryAfterMs: 100,
});

function throttling(options: ThrottleOptions = {}) {
  const clock = createManualClock();
  let drawn = 0;
  const random = (): number => {
    drawn++;
    return (drawn * 0.618_034) % 1;
  };
  const throttle = new Throttle(options, clock, random);
  /** Makes calls of which the server takes each `taken`th, and returns how many were shed. */
  const calls = (count: number, taken: number, priority: Priority = "normal"): number => {
    let shed = 0;
    for (let n = 0; n < count; n++) {
      const error = throttle.active
        ? throttle.shed({ priority, method: { path: "/a/b", service: "a" } } as Call)
        : undefined;
      if (error !== undefined) {
        assert.deepEqual([error.code, error.reason, error.processed], ["resource_exhausted", "THROTTLED", "no"]);
        shed++;
      } else if (n % taken === 0) throttle.settled(undefined);
      else throttle.settled(overloaded);
    }
    return shed;
  };
  return { clock, throttle, calls, drawn: () => drawn };
}

describe("client-side throttling", () => {
  test("costs nothing while nothing is rejected: nothing is counted, no number is drawn", () => {
    const { throttle, calls, drawn } = throttling();
    assert.equal(calls(10_000, 1), 0);
    assert.equal(throttle.active, false);
    assert.equal(drawn(), 0);
  });

  test("sheds nothing while less than half is rejected", () => {
    const { throttle, calls } = throttling();
    for (let round = 0; round < 500; round++) {
      throttle.settled(overloaded);
      throttle.settled(undefined);
      throttle.settled(undefined);
    }
    assert.equal(throttle.active, true);
    assert.equal(calls(100, 1), 0);
  });

  test("sheds most where nearly all is rejected, but goes on asking", () => {
    const { calls } = throttling();
    const shed = calls(2_000, 10);
    assert.ok(shed > 1_000 && shed < 1_850, `${shed} of 2,000`);
  });

  test("a few rejections silence nobody", () => {
    const { calls } = throttling();
    assert.equal(calls(20, 1_000), 0);
  });

  test("k decides when", () => {
    const eager = throttling({ k: 1.1 }).calls(1_000, 2);
    const patient = throttling({ k: 8 }).calls(1_000, 2);
    assert.ok(eager > 100, `${eager} of 1,000`);
    assert.ok(patient < 20, `${patient} of 1,000`);
  });

  test("critical calls are never shed", () => {
    const { calls } = throttling();
    calls(2_000, 10);
    assert.equal(calls(1_000, 10, "critical"), 0);
  });

  test("is over two seconds after the last rejection", async () => {
    const { clock, throttle, calls } = throttling();
    assert.ok(calls(2_000, 1_000_000) > 0);
    await clock.advance(2_250);
    assert.equal(calls(1_000, 1), 0);
    assert.equal(throttle.active, false);
  });

  test("what is no overload counts as an answer: a message too large does not silence its sender", () => {
    const { throttle } = throttling();
    const tooLarge = new RpcError("resource_exhausted", "", {
      reason: "MESSAGE_TOO_LARGE",
      processed: "no",
      origin: "peer",
    });
    const own = new RpcError("resource_exhausted", "", { reason: "QUEUE_FULL", processed: "no", retryAfterMs: 5 });
    for (let n = 0; n < 100; n++) {
      throttle.settled(tooLarge);
      throttle.settled(own);
    }
    assert.equal(throttle.active, false);
  });
});
