import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { madeUpCall } from "../ambient/made-up-call.fixture.js";
import { type CheckedOptions, noOptions } from "../client/call-options.js";
import { ClientCall } from "../client/client-call.js";
import { Terms } from "../client/terms.js";
import { deadlinesOf } from "../clock/deadlines.js";
import type { Call, Invoke } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import type { CodeName } from "../contract/code.js";
import { type Processed, RpcError, type RpcErrorOptions } from "../contract/errors.js";
import { createManualClock } from "../testing/manual-clock.js";
import { retry } from "./retry.js";
import type { RetryOptions } from "./retry-policy.js";

const half = (): number => 0.5;
const unlimited: RetryOptions = { budget: { ratio: 0, perSecond: 1_000_000 } };
const broke: RetryOptions = { budget: { ratio: 0, perSecond: 0 } };

function failure(code: CodeName, processed: Processed, options: RpcErrorOptions = {}): RpcError {
  return new RpcError(code, "made up", { processed, ...options });
}

function callThrough(
  invoke: Invoke,
  clock: Clock,
  options: CheckedOptions = noOptions,
  timeoutMs = 10_000,
): ClientCall {
  const origin = { invoke, direct: undefined, deadlines: deadlinesOf(clock) };
  return new ClientCall([], new Terms(origin, madeUpCall().method, 0, timeoutMs, undefined, options));
}

/** Sends a call whose first attempt fails so, and whose later ones succeed. Returns when each attempt was made. */
async function attemptsOf(error: unknown, from: Partial<Call>, options: RetryOptions): Promise<number[]> {
  const clock = createManualClock();
  const call: Call = { ...madeUpCall(), ...from };
  const at: number[] = [];
  const invoke = retry(
    options,
    clock,
    half,
  )((seen) => {
    at.push(clock.now());
    assert.equal(seen, call);
    return at.length === 1 ? Promise.reject(error) : Promise.resolve("answer");
  });
  const outcome = invoke(call).then(
    (answer) => assert.equal(answer, "answer"),
    (thrown) => assert.equal(thrown, error),
  );
  await clock.advance(10_000);
  await outcome;
  return at;
}

interface Row {
  readonly title: string;
  readonly error: unknown;
  readonly call?: Partial<Call>;
  /** Whether it is tried again, and what that costs. */
  readonly again: "free" | "charged" | "never";
  readonly afterMs?: number;
}

const idempotent: Partial<Call> = { idempotent: true };
const peer = { origin: "peer" } as const;

const rows: readonly Row[] = [
  ...["CONNECTION_LOST", "NO_HELLO", "CONNECT_FAILED", "BAD_PREFACE"].map(
    (reason): Row => ({
      title: `never written: ${reason}`,
      error: failure("unavailable", "no", { reason }),
      again: "free",
    }),
  ),
  {
    title: "never written, third attempt to come",
    error: failure("unavailable", "no", { reason: "CONNECTION_LOST" }),
    call: { attempt: 2 },
    again: "free",
  },
  {
    title: "never written, made inside a handler that is itself a retry",
    error: failure("unavailable", "no", { reason: "CONNECTION_LOST" }),
    call: { cautious: true },
    again: "free",
  },
  {
    title: "rejected with DRAINING",
    error: failure("unavailable", "no", { reason: "DRAINING", ...peer }),
    again: "free",
  },
  {
    title: "rejected with DRAINING a second time",
    error: failure("unavailable", "no", { reason: "DRAINING", ...peer }),
    call: { attempt: 2 },
    again: "charged",
  },
  {
    title: "rejected for overload",
    error: failure("resource_exhausted", "no", { reason: "CONCURRENCY_LIMIT", ...peer }),
    again: "charged",
    afterMs: 5,
  },
  {
    title: "rejected for overload a second time",
    error: failure("resource_exhausted", "no", { reason: "CONCURRENCY_LIMIT", ...peer }),
    call: { attempt: 2 },
    again: "charged",
    afterMs: 10,
  },
  {
    title: "rejected, and asked to wait",
    error: failure("resource_exhausted", "no", { retryAfterMs: 1_234, ...peer }),
    again: "charged",
    afterMs: 1_234,
  },
  {
    title: "rejected, and asked to wait to the deadline",
    error: failure("resource_exhausted", "no", { retryAfterMs: 10_000, ...peer }),
    again: "never",
  },
  {
    title: "rejected, and asked to wait until just before the deadline",
    error: failure("resource_exhausted", "no", { retryAfterMs: 9_999, ...peer }),
    again: "charged",
    afterMs: 9_999,
  },
  {
    title: "maybe run, not idempotent",
    error: failure("unavailable", "maybe", { reason: "CONNECTION_LOST" }),
    again: "never",
  },
  {
    title: "maybe run, idempotent",
    error: failure("unavailable", "maybe", { reason: "CONNECTION_LOST" }),
    call: idempotent,
    again: "charged",
  },
  {
    title: "maybe run, idempotent, inside a handler that is itself a retry",
    error: failure("unavailable", "maybe", { reason: "CONNECTION_LOST" }),
    call: { idempotent: true, cautious: true },
    again: "never",
  },
  { title: "run, unavailable, not idempotent", error: failure("unavailable", "yes", peer), again: "never" },
  {
    title: "run, unavailable, idempotent",
    error: failure("unavailable", "yes", peer),
    call: idempotent,
    again: "charged",
  },
  {
    title: "run, unavailable, idempotent, asked to wait",
    error: failure("unavailable", "yes", { retryAfterMs: 70, ...peer }),
    call: idempotent,
    again: "charged",
    afterMs: 70,
  },
  {
    title: "run, unavailable, idempotent, inside a handler that is itself a retry",
    error: failure("unavailable", "yes", peer),
    call: { idempotent: true, cautious: true },
    again: "never",
  },
  ...(["unknown", "internal", "aborted", "not_found", "resource_exhausted", "failed_precondition"] as const).map(
    (code): Row => ({
      title: `run, ${code}, idempotent`,
      error: failure(code, "yes", peer),
      call: idempotent,
      again: "never",
    }),
  ),
  ...(["cancelled", "invalid_argument", "unauthenticated", "permission_denied", "unimplemented"] as const).flatMap(
    (code): Row[] =>
      (["no", "maybe", "yes"] as const).map((processed) => ({
        title: `${code}, processed ${processed}, idempotent`,
        error: failure(code, processed, peer),
        call: idempotent,
        again: "never",
      })),
  ),
  ...["QUEUE_FULL", "QUEUE_EVICTED"].map(
    (reason): Row => ({
      title: `our own queue: ${reason}, idempotent`,
      error: failure("resource_exhausted", "no", { reason }),
      call: idempotent,
      again: "never",
    }),
  ),
  {
    title: "our own client is closed",
    error: failure("unavailable", "no", { reason: "CLOSED" }),
    call: idempotent,
    again: "never",
  },
  {
    title: "the third attempt failed",
    error: failure("unavailable", "no", { reason: "CONNECTION_LOST" }),
    call: { attempt: 3 },
    again: "never",
  },
  {
    title: "its caller has gone",
    error: failure("unavailable", "no", { reason: "CONNECTION_LOST" }),
    call: { abandoned: failure("cancelled", "no") },
    again: "never",
  },
  {
    title: "its deadline is now",
    error: failure("unavailable", "no", { reason: "CONNECTION_LOST" }),
    call: { deadline: 0 },
    again: "never",
  },
  { title: "something else was thrown, idempotent", error: new TypeError("a bug"), call: idempotent, again: "never" },
];

describe("whether a failed call is tried again is what contract.md promises", () => {
  for (const { title, error, call = {}, again, afterMs = 0 } of rows) {
    test(`${title}: ${again}${again === "never" ? "" : ` after ${afterMs} ms`}`, async () => {
      const once = [0];
      const twice = [0, afterMs];
      assert.deepEqual(await attemptsOf(error, call, unlimited), again === "never" ? once : twice);
      assert.deepEqual(await attemptsOf(error, call, broke), again === "free" ? twice : once);
    });
  }
});

describe("what a retry leaves in the call", () => {
  const endpoint = (id: string): Call["endpoint"] => ({
    id,
    address: `memory://${id}`,
    weight: 1,
    tags: {},
    inactive: false,
  });

  test("each failed endpoint is left out of what follows, an explicit choice of one is not overruled", async () => {
    for (const only of [undefined, "a"]) {
      const call: Call = { ...madeUpCall(), route: { key: "k", only } };
      const routes: Call["route"][] = [];
      const invoke = retry(unlimited)((seen) => {
        routes.push(seen.route);
        seen.endpoint = endpoint("abc"[routes.length - 1]!);
        return Promise.reject(failure("unavailable", "no", { reason: "CONNECTION_LOST" }));
      });
      await assert.rejects(invoke({ ...call, deadline: Number.POSITIVE_INFINITY }));
      assert.deepEqual(
        routes.map((route) => route?.except),
        only === undefined ? [undefined, ["a"], ["a", "b"]] : [undefined, undefined, undefined],
      );
      assert.ok(routes.every((route) => route?.key === "k" && route.only === only));
    }
  });

  test("at most three attempts are made, counted from 1, and as many as were asked for otherwise", async () => {
    for (const [options, expected] of [
      [{}, [1, 2, 3]],
      [{ attempts: 1 }, [1]],
      [{ attempts: 5 }, [1, 2, 3, 4, 5]],
    ] as const) {
      const attempts: number[] = [];
      const call: Call = { ...madeUpCall(), deadline: Number.POSITIVE_INFINITY };
      const invoke = retry(options)((seen) => {
        attempts.push(seen.attempt);
        return Promise.reject(failure("unavailable", "no", { reason: "CONNECTION_LOST" }));
      });
      await assert.rejects(invoke(call), { reason: "CONNECTION_LOST" });
      assert.deepEqual(attempts, expected);
    }
  });

  test("an attempt that never ran does not make up for an earlier one that may have", async () => {
    const clock = createManualClock();
    const errors = [
      failure("unavailable", "maybe", { reason: "CONNECTION_LOST" }),
      failure("unavailable", "no", { reason: "CONNECTION_LOST" }),
      failure("resource_exhausted", "no", { reason: "QUEUE_FULL" }),
    ];
    const invoke = retry(unlimited, clock, half)(() => Promise.reject(errors.shift()));
    const call = callThrough(invoke, clock);
    call.idempotent = true;
    const error = await call.start().then(
      () => assert.fail("it succeeded"),
      (thrown: RpcError) => thrown,
    );
    assert.deepEqual([error.reason, error.processed, error.attempts], ["QUEUE_FULL", "maybe", 3]);
  });

  test("a caller that cancels while a retry waits is not sent again, and hears at once", async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    let sent = 0;
    const invoke = retry(
      unlimited,
      clock,
      half,
    )(() => {
      sent++;
      return Promise.reject(failure("resource_exhausted", "no", { retryAfterMs: 5_000, ...peer }));
    });
    const call = callThrough(invoke, clock, { ...noOptions, signal: controller.signal });
    const outcome = call.start().catch((thrown: RpcError) => thrown.reason);
    await clock.advance(100);
    controller.abort();
    assert.equal(await outcome, "CANCELLED");
    await clock.advance(10_000);
    assert.equal(sent, 1);
  });

  test("a call whose deadline comes while a retry waits is not sent again", async () => {
    const clock = createManualClock();
    let sent = 0;
    const invoke = retry(
      unlimited,
      clock,
      half,
    )(() => {
      sent++;
      return new Promise((_, reject) =>
        clock.setTimer(() => reject(failure("resource_exhausted", "no", { retryAfterMs: 500, ...peer })), 400),
      );
    });
    const outcome = callThrough(invoke, clock, noOptions, 1_000)
      .start()
      .catch((thrown: RpcError) => thrown);
    await clock.advance(1_005);
    assert.equal(((await outcome) as RpcError).code, "deadline_exceeded");
    await clock.advance(10_000);
    assert.equal(sent, 2);
  });
});

test("while everything answers unavailable for 10 s, no more than 1.15 requests are sent for a call", async () => {
  const clock = createManualClock();
  for (const perSecond of [250, 1_000]) {
    let sent = 0;
    const invoke = retry(
      {},
      clock,
      half,
    )(() => {
      sent++;
      return Promise.reject(failure("unavailable", "yes", peer));
    });
    const calls = perSecond * 10;
    for (let step = 0; step < 100; step++) {
      for (let made = 0; made < perSecond / 10; made++) {
        const call: Call = {
          ...madeUpCall(),
          startedAt: clock.now(),
          deadline: clock.now() + 10_000,
          idempotent: true,
        };
        invoke(call).catch(() => {});
      }
      await clock.advance(100);
    }
    assert.ok(sent / calls <= 1.15, `${sent} requests for ${calls} calls`);
    assert.ok(sent / calls > 1.05, `${sent} requests for ${calls} calls: the budget was not used`);
  }
});

describe("what the last error tells", () => {
  test("the last error says what became of each attempt, where, and when; the first that succeeds says nothing", async () => {
    const clock = createManualClock();
    const at = (address: string) => ({ id: address, address, weight: 1, tags: {}, inactive: false });
    const failAt = (endpoint: string, reason: string): RpcError =>
      new RpcError("unavailable", `no luck with ${endpoint}`, { reason, processed: "no", endpoint });
    const errors = [
      failAt("tcp://a", "CONNECTION_LOST"),
      failAt("tcp://b", "CONNECT_FAILED"),
      failAt("tcp://c", "NO_HELLO"),
    ];
    const invoke = retry(
      unlimited,
      clock,
      half,
    )((call) => {
      const error = errors.shift()!;
      call.endpoint = at(error.endpoint!);
      return new Promise((_, reject) => clock.setTimer(() => reject(error), 7));
    });
    const outcome = callThrough(invoke, clock)
      .start()
      .catch((thrown: RpcError) => thrown.message);
    await clock.advance(30);
    assert.equal(
      await outcome,
      "no luck with tcp://c (before: attempt 1 at tcp://a: CONNECTION_LOST after 7 ms, attempt 2 at tcp://b: CONNECT_FAILED after 14 ms)",
    );
    const slow = retry(
      unlimited,
      clock,
      half,
    )((call) => {
      if (call.attempt > 1) return new Promise(() => {});
      call.endpoint = at("tcp://a");
      return Promise.reject(failAt("tcp://a", "CONNECTION_LOST"));
    });
    const late = callThrough(slow, clock)
      .start()
      .catch((thrown: RpcError) => thrown.message);
    await clock.advance(10_005);
    assert.match(
      String(await late),
      /had no answer within 10000 ms \(at tcp:\/\/a\) \(before: attempt 1 at tcp:\/\/a: CONNECTION_LOST after \d+ ms\)$/,
    );
  });

  test("where the budget refuses a retry the error says so, and by which option", async () => {
    const clock = createManualClock();
    const invoke = retry(
      { budget: { ratio: 0, perSecond: 0 } },
      clock,
      half,
    )(() => Promise.reject(failure("resource_exhausted", "no", peer)));
    const call = callThrough(invoke, clock);
    const message = await call.start().then(
      () => assert.fail("it succeeded"),
      (thrown: RpcError) => thrown.message,
    );
    assert.match(message, /\(not tried again: the retry budget of this client is used up, see retry\.budget\)$/);
  });
});
