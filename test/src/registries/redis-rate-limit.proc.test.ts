import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { bind, connect, defineService, type Head, noMetadata, RpcError, serve } from "@rpc/core";
import { type RedisRateLimitOptions, redisRateLimit, type SharedRateLimit } from "@rpc/registry-redis";
import { openRedis, redisMissing } from "../servers/redis.js";
import { atEnd, type Ending } from "../wire/ground/at-end.js";

const Prices = defineService<{ quote(): number }>("Prices", { quote: {} });

function headFrom(address: string): Head {
  return {
    ...{ method: Prices.methods[0]!, metadata: noMetadata, priority: "normal", deadline: 10_000, sizeBytes: 0 },
    ...{ abandoned: undefined, settled: false },
    peer: {
      ...{ address, instance: "i-1", identity: undefined, ready: true, closed: new Promise(() => {}) },
      invoke: () => Promise.reject(new Error("not for this test")),
    },
  };
}

function open(t: Ending, port: number, options: Partial<RedisRateLimitOptions> = {}): SharedRateLimit {
  const url = `redis://127.0.0.1:${port}`;
  const limit = redisRateLimit({ url, name: "quotes", perSecond: 200, burst: 100, ...options });
  atEnd(t, () => limit.close());
  return limit;
}

/** Calls without a pause for so long, as all of the limits at once; resolves to how many were let in. */
async function flood(
  limits: readonly SharedRateLimit[],
  forMs: number,
  head = headFrom("tcp://10.0.0.1:1"),
): Promise<number> {
  let letIn = 0;
  const until = performance.now() + forMs;
  while (performance.now() < until) {
    for (const { admission } of limits) if (admission(head) === undefined) letIn++;
    await delay(1);
  }
  return letIn;
}

describe("a rate limit shared over Redis", { skip: redisMissing }, () => {
  test("four servers together let in what one may, for long", async (t) => {
    const { port } = await openRedis(t);
    const limits = Array.from({ length: 4 }, () => open(t, port));
    const startedAt = performance.now();
    const letIn = await flood(limits, 3_000);
    const most = 100 + (200 * (performance.now() - startedAt)) / 1_000;
    assert.ok(letIn <= most + 4 * 4, `${letIn} of at most ${most}`);
    assert.ok(letIn >= 0.5 * (100 + 200 * 3), `only ${letIn}`);
  });

  test("the last that may is let in, and the next one is told how long to wait", async (t) => {
    const { port } = await openRedis(t);
    // So few that a busy machine earns none meanwhile: one in 20 s; where one was let in on credit, two are waited for.
    const { admission } = open(t, port, { perSecond: 0.05, burst: 3 });
    const head = headFrom("tcp://10.0.0.1:1");
    const outcomes: (string | undefined)[] = [];
    for (let call = 0; call < 5; call++) {
      const rejection = admission(head);
      outcomes.push(rejection === undefined ? undefined : rejection.reason);
      if (rejection !== undefined) assert.ok(rejection.retryAfterMs! >= 1 && rejection.retryAfterMs! <= 40_100);
      await delay(50); // longer than Redis takes
    }
    assert.equal(outcomes.filter((outcome) => outcome === undefined).length, 3, outcomes.join());
    assert.equal(outcomes[4], "RATE_LIMIT");
  });

  test("callers have limits of their own, and names too", async (t) => {
    const { port } = await openRedis(t);
    const slow = { perSecond: 0.1, burst: 2 };
    const [quotes, other] = [open(t, port, slow), open(t, port, { ...slow, name: "other" })];
    await flood([quotes], 300);
    assert.equal(quotes.admission(headFrom("tcp://10.0.0.1:1"))?.reason, "RATE_LIMIT");
    assert.equal(quotes.admission(headFrom("tcp://10.0.0.2:1")), undefined);
    assert.equal(other.admission(headFrom("tcp://10.0.0.1:1")), undefined);
  });

  test("without Redis each process limits by itself, no call is held up, and it is shared again when Redis is back", async (t) => {
    const redis = await openRedis(t);
    const limits = [open(t, redis.port), open(t, redis.port)];
    await flood(limits, 200);
    await redis.kill();
    await flood(limits, 1_000);
    const startedAt = performance.now();
    const letIn = await flood(limits, 1_000);
    const most = (2 * 200 * (performance.now() - startedAt)) / 1_000;
    assert.ok(letIn > 0 && letIn <= most + 2 * 100, `${letIn} of at most ${most} and two bursts`);
    await redis.start();
    await flood(limits, 3_500);
    const sharedAt = performance.now();
    const shared = await flood(limits, 1_000);
    const sharedMost = 100 + (200 * (performance.now() - sharedAt)) / 1_000;
    assert.ok(shared <= sharedMost + 2 * 4, `${shared} of at most ${sharedMost}`);
  });

  test("a caller above the limit is rejected before its arguments are decoded, and never ran", async (t) => {
    const { port } = await openRedis(t);
    const limit = open(t, port, { perSecond: 0.05, burst: 1 });
    let ran = 0;
    const server = await serve({ services: [bind(Prices, { quote: () => ++ran })], admissions: [limit.admission] });
    atEnd(t, () => server.close());
    const connector = connect({ address: server.address, retry: false });
    atEnd(t, () => connector.close());
    const prices = connector.client(Prices);
    await prices.quote();
    await delay(100);
    await assert.rejects(
      prices.quote(),
      (error) => error instanceof RpcError && error.reason === "RATE_LIMIT" && error.processed === "no",
    );
    assert.equal(ran, 1);
  });
});

for (const [options, says] of [
  [{ perSecond: 1 }, /name must be/],
  [{ name: "a b", perSecond: 1 }, /name must be/],
  [{ name: "a" }, /perSecond/],
  [{ name: "a", perSecond: 1, ttlMs: 1 }, /no option "ttlMs"/],
  [{ name: "a", perSecond: 1, url: "http://a" }, /url/],
  [{ name: "a", perSecond: 1, prefix: "" }, /prefix/],
] as const) {
  test(`${JSON.stringify(options)} is refused at once, in words that name it`, () => {
    const named = (error: unknown) =>
      error instanceof RpcError && error.reason === "BAD_OPTION" && says.test(error.message);
    assert.throws(() => redisRateLimit(options as unknown as RedisRateLimitOptions), named);
  });
}
