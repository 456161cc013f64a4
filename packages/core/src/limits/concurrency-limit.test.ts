import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect } from "../client/connector.js";
import { RpcError } from "../contract/errors.js";
import { serve } from "../server/serve.js";
import { token } from "../server/tokens.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import { createManualClock } from "../testing/manual-clock.js";
import { memoryTransport } from "../transport/memory.js";
import { type ConcurrencyLimitOptions, concurrencyLimit } from "./concurrency-limit.js";
import { headFrom, peerAt } from "./head.fixture.js";

interface Slow {
  wait(): Promise<string>;
}
const SlowService = defineService<Slow>("Slow", { wait: {} });

/** A server whose handlers settle when the test says so, under a limit. */
async function underLimit(options: ConcurrencyLimitOptions, handlersRunning?: number) {
  const clock = createManualClock();
  const transports = { memory: memoryTransport() };
  const limit = concurrencyLimit(options);
  const running: ((value: string) => void)[] = [];
  const server = await serve({
    services: [bind(SlowService, { wait: () => new Promise<string>((resolve) => void running.push(resolve)) })],
    listen: "memory://slow",
    transports,
    clock,
    authenticate: token("secret"),
    admissions: [limit.admission],
    interceptors: [limit.interceptor],
    ...(handlersRunning !== undefined && { handlersRunning }),
  });
  const connectors = [0, 1].map(() =>
    connect({ address: server.address, transports, clock, retry: false, credentials: "secret", throttle: false }),
  );
  const [one, two] = connectors.map((connector) => connector.client(SlowService));
  const close = async (): Promise<void> => {
    const closed = Promise.all([...connectors.map((connector) => connector.close()), server.close()]);
    for (const settle of running.splice(0)) settle("closed");
    await clock.advance(60_000);
    await closed;
  };
  return { clock, one: one!, two: two!, running, close };
}

const outcome = (call: Promise<string>): Promise<string> =>
  call.catch((error: unknown) => (error instanceof RpcError ? `${error.reason} ${error.processed}` : String(error)));

describe("concurrencyLimit", () => {
  test("at the limit calls run, one above is rejected and never ran, and may be made again once one has settled", async () => {
    const { clock, one, running, close } = await underLimit({ calls: 3 });
    const calls = Array.from({ length: 4 }, () => outcome(one.wait()));
    await clock.settle();
    assert.equal(running.length, 3);
    assert.equal(await calls[3], "CONCURRENCY_LIMIT no");
    running.shift()!("done");
    assert.equal(await calls[0], "done");
    await clock.settle();
    const again = outcome(one.wait());
    await clock.settle();
    assert.equal(running.length, 3);
    running.pop()!("again");
    assert.equal(await again, "again");
    await close();
  });

  test("a caller has one limit over all its connections", async () => {
    const { clock, one, two, running, close } = await underLimit({ calls: 3 });
    const calls = [one, one, two, two].map((client) => outcome(client.wait()));
    await clock.settle();
    assert.equal(running.length, 3);
    assert.equal(await Promise.race(calls), "CONCURRENCY_LIMIT no");
    await close();
    await Promise.all(calls);
  });

  test("what was given up before a handler began does not count for ever: cancelled, expired, turned away", async () => {
    const { clock, one, running, close } = await underLimit({ calls: 2 }, 1);
    const first = outcome(one.wait());
    await clock.settle();
    const giveUp = new AbortController();
    const { withOptions } = await import("../client/create-client.js");
    const second = outcome(withOptions(one, { signal: giveUp.signal }).wait());
    await clock.settle();
    assert.equal(await outcome(one.wait()), "CONCURRENCY_LIMIT no");
    giveUp.abort();
    assert.match(await second, /^CANCELLED/);
    await clock.settle();
    const third = outcome(withOptions(one, { timeoutMs: 50 }).wait());
    await clock.advance(100);
    assert.match(await third, /^(DEADLINE_EXCEEDED|CONCURRENCY_LIMIT no)/);
    const fourth = outcome(one.wait());
    await clock.settle();
    running.shift()!("first");
    assert.equal(await first, "first");
    await clock.settle();
    running.shift()!("fourth");
    assert.equal(await fourth, "fourth");
    await close();
  });

  test("a cancelled call counts until its handler has settled", async () => {
    const { clock, one, running, close } = await underLimit({ calls: 1 });
    const { withOptions } = await import("../client/create-client.js");
    const giveUp = new AbortController();
    const first = outcome(withOptions(one, { signal: giveUp.signal }).wait());
    await clock.settle();
    giveUp.abort();
    assert.match(await first, /^CANCELLED/);
    await clock.settle();
    assert.equal(await outcome(one.wait()), "CONCURRENCY_LIMIT no");
    running.shift()!("late");
    await clock.settle();
    const second = outcome(one.wait());
    await clock.settle();
    running.shift()!("second");
    assert.equal(await second, "second");
    await close();
  });

  test("callers whose calls all came to nothing are forgotten", () => {
    const { admission } = concurrencyLimit({ calls: 1 });
    for (let caller = 0; caller < 25_000; caller++) {
      const head = {
        ...headFrom(peerAt(`tcp://10.${caller >> 16}.${(caller >> 8) & 255}.${caller & 255}:1`)),
        settled: true,
      };
      assert.equal(admission(head), undefined);
    }
    const head = headFrom(peerAt("tcp://10.0.0.0:1"));
    assert.equal(admission(head), undefined);
    assert.equal(admission(headFrom(head.peer))?.reason, "CONCURRENCY_LIMIT");
  });

  for (const options of [{}, { calls: 0 }, { calls: 1.5 }, { calls: 1, by: "peer" }, { call: 1 }]) {
    test(`${JSON.stringify(options)} is refused at once`, () => {
      assert.throws(
        () => concurrencyLimit(options as ConcurrencyLimitOptions),
        (error) => error instanceof RpcError && error.reason === "BAD_OPTION",
      );
    });
  }
});
