import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import type { RpcError } from "../contract/errors.js";
import { createDispatcher } from "../host/dispatcher.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import { createClient, withOptions } from "./create-client.js";
import { broadcast, fork, inform } from "./fan-out.js";
import { endpointAt, listedRegistry } from "./listed-registry.fixture.js";
import { ShopService, simulation, turns } from "./simulation.fixture.js";

const A = "memory://a";
const B = "memory://b";
const C = "memory://c";
type Test = Parameters<typeof simulation>[0];

/** Servers a, b and c, of which `down` are listed and not there. */
async function fleet(t: Test, down: readonly string[] = [], settings: { subset?: number } = {}) {
  const world = simulation(t);
  const asked: string[] = [];
  const cancelled: string[] = [];
  const registry = listedRegistry();
  for (const name of ["a", "b", "c"]) {
    if (down.includes(name)) continue;
    const where = (): string => {
      asked.push(name);
      return name;
    };
    await world.serveShop(
      name,
      {
        interceptors: [
          (next) => (call) => {
            call.signal?.addEventListener("abort", () => cancelled.push(name));
            return next(call);
          },
        ],
      },
      {
        where,
        slow: async (ms) => {
          asked.push(name);
          const own = ms * (name === "a" ? 3 : name === "b" ? 1 : 2);
          await new Promise<void>((resolve) => world.clock.setTimer(resolve, own));
          if (ms === 13) throw new Error("unlucky");
          return name;
        },
      },
    );
  }
  registry.say([endpointAt(A), endpointAt(B), endpointAt(C)]);
  const connector = world.connect({ registry, balancer: turns, ...settings });
  return { ...world, asked, cancelled, registry, connector, shop: connector.client(ShopService) };
}

describe("broadcast", () => {
  test("calls every endpoint once, those that are not connected to as well, and resolves to all results in order", async (t) => {
    const { shop, finish, asked } = await fleet(t, [], { subset: 1 });
    assert.deepEqual(await finish(broadcast(shop).where()), ["a", "b", "c"]);
    assert.deepEqual(asked.sort(), ["a", "b", "c"]);
  });

  test("waits for all where one fails, and names those that failed; that others ran makes it processed", async (t) => {
    const { shop, finish, asked } = await fleet(t, ["b"]);
    const error: RpcError = await finish(
      broadcast(shop)
        .where()
        .then(
          () => assert.fail(),
          (thrown) => thrown,
        ),
    );
    assert.deepEqual(
      [error.code, error.reason, error.processed, error.endpoint],
      ["unavailable", "CONNECT_FAILED", "yes", B],
    );
    assert.match(
      error.message,
      /^\/shop\.Shop\/where failed at 1 of 3 endpoints: memory:\/\/b: .*nobody listens there/,
    );
    assert.deepEqual(asked.sort(), ["a", "c"]);
  });

  test("leaves out who is inactive, and says so where nobody is listed", async (t) => {
    const { shop, finish, registry, clock, connect } = await fleet(t);
    registry.say([endpointAt(A), endpointAt(B, { inactive: true }), endpointAt(C)]);
    assert.deepEqual(await finish(broadcast(shop).where()), ["a", "c"]);
    const nobody = listedRegistry();
    nobody.say([]);
    const alone = connect({ registry: nobody, balancer: turns }).client(ShopService);
    const call = broadcast(alone)
      .where()
      .then(
        () => assert.fail(),
        (thrown) => thrown,
      );
    await clock.advance(6_000);
    const error: RpcError = await call;
    assert.deepEqual([error.code, error.reason, error.processed], ["unavailable", "NO_ENDPOINT", "no"]);
  });

  test("no call is made at another endpoint in place of its own", async (t) => {
    const { shop, finish, asked, connector } = await fleet(t, ["b"]);
    const outcomes = await finish(inform(shop).where());
    assert.equal(outcomes.length, 3);
    assert.deepEqual(asked.sort(), ["a", "c"]);
    assert.equal(connector.stats().calls.calls, 3);
  });

  test("of a client within the process is one call", async () => {
    const { invoke } = createDispatcher([bind(ShopService, { where: () => "here", slow: () => "", never: () => {} })]);
    const shop = createClient(ShopService, invoke);
    assert.deepEqual(await broadcast(shop).where(), ["here"]);
    assert.equal(await fork(shop).where(), "here");
    const [outcome] = await inform(shop).where();
    assert.deepEqual([outcome?.status, outcome?.endpoint.address], ["fulfilled", ""]);
  });

  test("options of the client hold for each call: signal, timeout, metadata", async (t) => {
    const { shop, clock, outcome, cancelled } = await fleet(t);
    const give = new AbortController();
    const told = outcome(
      inform(withOptions(shop, { signal: give.signal, timeoutMs: 500 })).slow(300) as Promise<unknown>,
    );
    await clock.advance(400);
    give.abort();
    await clock.advance(10);
    const outcomes = (await told).answer as Awaited<ReturnType<ReturnType<typeof inform<typeof shop>>["slow"]>>;
    assert.deepEqual(
      outcomes.map((each) => (each.status === "fulfilled" ? each.value : (each.reason as RpcError).code)),
      ["cancelled", "b", "cancelled"],
    );
    assert.deepEqual(cancelled.sort(), ["a", "c"]);
  });

  test("waits to its deadline until somebody is listed, where the client or the call says so", async (t) => {
    const { clock, connect, finish, outcome } = await fleet(t);
    for (const ofClient of [true, false]) {
      const registry = listedRegistry();
      registry.say([]);
      const client = connect({ registry, balancer: turns, timeoutMs: 30_000, waitForReady: ofClient }).client(
        ShopService,
      );
      const patient = withOptions(client, ofClient ? {} : { waitForReady: true });
      const asked = broadcast(patient).where();
      const late = outcome(broadcast(withOptions(patient, { timeoutMs: 9_000 })).where());
      const hasty = outcome(broadcast(withOptions(patient, { waitForReady: false })).where());
      await clock.advance(20_000);
      registry.say([endpointAt(A), endpointAt(B)]);
      assert.deepEqual(await finish(asked), ["a", "b"]);
      const { error } = await late;
      assert.deepEqual([error?.code, error?.processed], ["deadline_exceeded", "no"]);
      assert.equal((await hasty).error?.reason, "NO_ENDPOINT");
    }
  });

  test("while nobody is listed a signal ends the wait at once, as it ends a call", async (t) => {
    const { clock, connect, outcome } = simulation(t);
    const nobody = connect({ registry: listedRegistry(), balancer: turns }).client(ShopService);
    for (const all of [broadcast, inform, fork]) {
      const startedAt = clock.now();
      const leaving = new AbortController();
      const { signal } = leaving;
      const told = outcome(all(withOptions(nobody, { signal })).where() as Promise<unknown>);
      await clock.advance(100);
      leaving.abort();
      await clock.settle();
      const late = await outcome(all(withOptions(nobody, { signal })).where() as Promise<unknown>);
      for (const { error, at } of [await told, late])
        assert.deepEqual([error?.code, error?.processed, at - startedAt], ["cancelled", "no", 100]);
      assert.equal(getEventListeners(signal, "abort").length, 0);
    }
  });

  test("while nobody is listed the end of the handler that asks ends the wait, too", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const nobody = connect({ registry: listedRegistry(), balancer: turns }).client(ShopService);
    const inner: Promise<{ readonly error?: RpcError; readonly at: number }>[] = [];
    const never = (): Promise<never> => {
      inner.push(outcome(inform(nobody).where() as Promise<unknown>));
      return new Promise(() => {});
    };
    await serveShop("a", { ambient: true }, { never });
    const leaving = new AbortController();
    const shop = connect({ address: A }).client(ShopService);
    const outer = outcome(withOptions(shop, { signal: leaving.signal }).never());
    await clock.advance(100);
    leaving.abort();
    await clock.advance(10);
    assert.equal((await outer).error?.code, "cancelled");
    const { error, at } = await inner[0]!;
    assert.equal(error?.code, "cancelled");
    assert.ok(at <= 110, `at ${at}`);
  });

  test("a method that streams is refused, and says what to do", async () => {
    const Feed = defineService<{ items(): AsyncIterable<number> }>("Feed", { items: { stream: "server" } });
    const feed = createClient(Feed, () => Promise.reject(new Error("not to be called")));
    await assert.rejects((broadcast(feed) as unknown as { items(): Promise<void> }).items(), {
      reason: "STREAM_REFUSED",
      message: /broadcast\(\) makes calls with one outcome each: call it on the client itself/,
    });
  });

  test("is no promise, sends nothing when it is logged, and wants a client", async (t) => {
    const { shop, asked } = await fleet(t);
    const all = broadcast(shop);
    assert.equal("then" in all, false);
    assert.match(inspect(all), /^shop\.ShopClient/);
    assert.equal(asked.length, 0);
    for (const make of [broadcast, inform, fork]) assert.throws(() => make({} as never), TypeError);
  });
});

describe("fork", () => {
  test("the first result wins, and the other calls are cancelled", async (t) => {
    const { shop, clock, outcome, cancelled, connector } = await fleet(t);
    const call = outcome(fork(shop).slow(100));
    await clock.advance(110);
    assert.equal((await call).answer, "b");
    await clock.advance(10);
    assert.deepEqual(cancelled.sort(), ["a", "c"]);
    assert.equal(connector.stats().calls.pending, 0);
  });

  test("an endpoint that fails or cannot be reached does not count while another may succeed", async (t) => {
    const { shop, finish } = await fleet(t, ["a", "b"]);
    assert.equal(await finish(fork(shop).slow(100)), "c");
  });

  test("where all fail the error names them, and says whether anything ran", async (t) => {
    const { shop, finish } = await fleet(t, ["a"]);
    const error: RpcError = await finish(
      fork(shop)
        .slow(13)
        .then(
          () => assert.fail(),
          (thrown) => thrown,
        ),
    );
    assert.match(error.message, /failed at 3 of 3 endpoints: memory:\/\/a: .*; memory:\/\/b: .*; memory:\/\/c: /);
    assert.equal(error.processed, "yes");
  });
});
