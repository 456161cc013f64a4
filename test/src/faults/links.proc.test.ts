import assert from "node:assert/strict";
import test from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Outcome } from "./ledger.js";
import { holdsTrue, scene, tally } from "./scene.js";

const generous = { attempts: 20, budget: { ratio: 10, perSecond: 10_000 } };

test("connections that are reset in the middle of everything lose no call that may run again, and say the truth of the others", async (t) => {
  const resets = 25;
  // A step that meets no frame's length: resets come in headers, in fields and in bodies.
  const script = (number: number) => {
    if (number >= resets) return {};
    const accident = { afterBytes: 90 + 611 * number, what: "reset" } as const;
    return number % 2 === 0 ? { up: { accident } } : { down: { accident } };
  };
  const { load, proxy, server } = await scene(t, { script });
  const calls = 20_000;
  const timeoutMs = 10_000;
  const outcomes = await load({
    calls,
    inFlight: 64,
    timeoutMs,
    connect: { retry: generous, backoff: { firstMs: 5, longestMs: 20 } },
  });
  await holdsTrue(outcomes, calls, timeoutMs, server);
  assert.ok(proxy.accepted > resets, `${proxy.accepted} connections`);
  const lost = outcomes.filter(({ was }) => was !== "answered");
  assert.deepEqual(
    lost.filter(({ method }) => method === "again"),
    [],
  );
  assert.ok(lost.length > 0, "no call was under way when a connection was reset");
  for (const { was, reason, processed } of lost) {
    assert.deepEqual([was, reason, processed], ["unavailable", "CONNECTION_LOST", "maybe"]);
  }
});

test("a long way costs every call its time once, not one call after the other", async (t) => {
  const { load, server } = await scene(t, { script: () => ({ up: { latencyMs: 100 }, down: { latencyMs: 100 } }) });
  const calls = 5_000;
  const startedAt = performance.now();
  const outcomes = await load({ calls, inFlight: 500, timeoutMs: 5_000 });
  const tookMs = performance.now() - startedAt;
  await holdsTrue(outcomes, calls, 5_000, server);
  assert.deepEqual(tally(outcomes), { answered: calls });
  // Ten turns of 500, hello and open: 2.4 s at least; without pipelining it would be a thousand.
  assert.ok(tookMs < 20_000, `${calls} calls took ${tookMs} ms`);
});

test("a session that arrives byte by byte, either way, is as one that does not", async (t) => {
  const { load, server } = await scene(t, { script: () => ({ up: { sliceBytes: 1 }, down: { sliceBytes: 1 } }) });
  const outcomes = await load({ calls: 300, inFlight: 20, timeoutMs: 30_000, largeBytes: 1_000 });
  await holdsTrue(outcomes, 300, 30_000, server);
  assert.deepEqual(tally(outcomes), { answered: 300 });
});

test("a narrow link delays, and loses nothing", async (t) => {
  const { load, server } = await scene(t, { script: () => ({ down: { bytesPerSecond: 1_000_000 } }) });
  const outcomes = await load({ calls: 200, inFlight: 50, timeoutMs: 30_000, largeBytes: 100_000 });
  await holdsTrue(outcomes, 200, 30_000, server);
  assert.deepEqual(tally(outcomes), { answered: 200 });
});

for (const direction of ["up", "down"] as const) {
  test(`while one direction is held up, calls end at their deadlines, and go on when it is let go (${direction})`, async (t) => {
    const { load, proxy, server } = await scene(t);
    const timeoutMs = 400;
    const loading = load({ calls: 3_000, inFlight: 8, timeoutMs, connect: { retry: false } });
    const passage = await proxy.passage(0);
    while (passage.passedBytes("down") < 20_000) await delay(1);
    passage.pause(direction);
    await delay(2 * timeoutMs);
    passage.resume(direction);
    const outcomes = await loading;
    await holdsTrue(outcomes, 3_000, timeoutMs, server);
    const { answered, ...failed } = tally(outcomes);
    assert.deepEqual(Object.keys(failed), ["deadline_exceeded DEADLINE_EXCEEDED"]);
    assert.ok(
      answered! > 2_900 && failed["deadline_exceeded DEADLINE_EXCEEDED"]! >= 8,
      JSON.stringify(tally(outcomes)),
    );
    assert.equal(proxy.accepted, 1);
  });
}

test("behind a black hole a busy connection is given up, and the next one carries the calls that may run again", async (t) => {
  const { load, proxy, server } = await scene(t);
  const timeoutMs = 8_000;
  const loading = load({
    calls: 4_000,
    inFlight: 16,
    timeoutMs,
    connect: { retry: generous, keepAlive: { busyMs: 1_000, timeoutMs: 1_000 }, backoff: { firstMs: 5 } },
  });
  const passage = await proxy.passage(0);
  while (passage.passedBytes("down") < 20_000) await delay(1);
  passage.blackHole();
  const outcomes = await loading;
  await holdsTrue(outcomes, 4_000, timeoutMs, server);
  assert.equal(proxy.accepted, 2);
  const held = outcomes.filter(({ tookMs }) => tookMs > 500);
  assert.ok(held.length > 0, "no call was under way");
  for (const { tookMs } of held) assert.ok(tookMs < 3_500, `it took ${tookMs} ms to give the connection up`);
  const lost = outcomes.filter(({ was }) => was !== "answered");
  for (const { method, reason, processed } of lost) {
    assert.deepEqual([method, reason, processed], ["once", "CONNECTION_LOST", "maybe"]);
  }
});

for (const direction of ["up", "down"] as const) {
  test(`a connection of which half is closed is given up at once, and calls go on over the next (${direction})`, async (t) => {
    const { load, proxy, server } = await scene(t);
    const loading = load({
      calls: 4_000,
      inFlight: 16,
      timeoutMs: 5_000,
      connect: { retry: generous, backoff: { firstMs: 5 } },
    });
    const passage = await proxy.passage(0);
    while (passage.passedBytes("down") < 20_000) await delay(1);
    passage.halfClose(direction);
    const outcomes = await loading;
    await holdsTrue(outcomes, 4_000, 5_000, server);
    const lost = outcomes.filter(({ was }) => was !== "answered");
    assert.ok(lost.every(({ method }: Outcome) => method === "once"));
    assert.ok(Math.max(...outcomes.map(({ tookMs }) => tookMs)) < 3_000, "a call waited long");
    assert.equal(proxy.accepted, 2);
  });
}
