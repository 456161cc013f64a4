import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deadlinesOf } from "../clock/deadlines.js";
import type { Interceptor } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";
import type { Transport } from "../contract/transport.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import { withOptions } from "./create-client.js";
import { endpointAt, listedRegistry } from "./listed-registry.fixture.js";
import { ShopService, simulation, turns } from "./simulation.fixture.js";

const A = "memory://a";
const Feed = defineService<{ give(): AsyncIterable<string> }>("shop.Feed", { give: { stream: "server" } });
const Other = defineService<{ other(): string }>("shop.Other", { other: {} });

describe("a connector", () => {
  test("dials nothing before the first call, and one connection for all services and clients", async (t) => {
    const { clock, dialled, serveShop, connect, finish } = simulation(t);
    const registry = listedRegistry();
    registry.say([endpointAt(A)]);
    const where = () => "a";
    const server = await serveShop("a", {
      services: [bind(ShopService, { where, slow: where, never: () => {} }), bind(Other, { other: () => "other" })],
    } as never);
    const connector = connect({ registry, balancer: turns });
    const clients = [connector.client(ShopService), connector.client(ShopService)];
    const other = connector.client(Other);
    await clock.advance(60_000);
    assert.deepEqual([dialled, registry.watches], [[], 0]);
    const answers = await finish(Promise.all([...clients.map((client) => client.where()), other.other()]));
    assert.deepEqual(answers, ["a", "a", "other"]);
    assert.deepEqual(dialled, [A]);
    assert.equal(server.connections, 1);
    assert.equal(registry.watches, 2, "one for each service");
  });

  test("wraps each call in its interceptors once, however many attempts it takes", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const seen: string[] = [];
    const noting: Interceptor = (next) => async (call) => {
      seen.push(call.method.path);
      const answer = await next(call);
      seen.push(`attempt ${call.attempt}`);
      return answer;
    };
    await serveShop("a", {
      admissions: [
        () =>
          admitted++ === 0
            ? new RpcError("resource_exhausted", "not yet", { processed: "no", retryAfterMs: 50 })
            : undefined,
      ],
    });
    let admitted = 0;
    const shop = connect({ address: A, interceptors: [noting] }).client(ShopService);
    const call = outcome(shop.where());
    await clock.advance(1_000);
    assert.equal((await call).answer, "a");
    assert.deepEqual(seen, ["/shop.Shop/where", "attempt 2"]);
  });

  test("that was told never to retry does not", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const full = () => new RpcError("resource_exhausted", "not now", { reason: "FULL", processed: "no" });
    await serveShop("a", { admissions: [full] });
    const shop = connect({ address: A, retry: false }).client(ShopService);
    const call = outcome(shop.where());
    await clock.advance(1_000);
    const { error } = await call;
    assert.deepEqual([error?.reason, error?.attempts, error?.processed], ["FULL", 1, "no"]);
  });

  test("of an address whose scheme it does not know says which ones it knows", async (t) => {
    const { clock, connect, outcome } = simulation(t);
    // An address of one's own is known before the first call; what a registry lists is not.
    assert.throws(() => connect({ address: "quic://a:1" }), { reason: "BAD_OPTION" });
    const registry = listedRegistry();
    registry.say([endpointAt("quic://a:1")]);
    const call = outcome(connect({ registry, balancer: turns }).client(ShopService).where());
    await clock.advance(5_020);
    const { error } = await call;
    assert.equal(error?.reason, "NO_TRANSPORT");
    assert.match(error?.message ?? "", /no transport for quic:\/\/a:1: known are tcp, tls, unix, memory/);
  });

  const silentTransports: Record<string, (memory: Transport) => Transport> = {
    "never connects": ({ listen }) => ({
      listen,
      connect: (_address, signal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    }),
  };
  for (const [how, wrap] of Object.entries(silentTransports)) {
    test(`gives up an address that ${how} after connectMs, and tries again`, async (t) => {
      const { clock, transports, connect, outcome } = simulation(t);
      let dials = 0;
      const wrapped = wrap(transports["memory"]!);
      const counting: Transport = {
        listen: wrapped.listen,
        connect(address, signal) {
          dials++;
          return wrapped.connect(address, signal);
        },
      };
      const connector = connect({ address: A, connectMs: 300, transports: { memory: counting } });
      const call = outcome(connector.client(ShopService).where());
      await clock.advance(5_020);
      const { error } = await call;
      assert.equal(error?.reason, "CONNECT_TIMEOUT");
      assert.match(error?.message ?? "", /memory:\/\/a did not answer the hello within connectMs 300/);
      assert.ok(dials >= 5, `${dials} attempts`);
    });
  }
});

describe("closing a connector", () => {
  test("twice, also at once, resolves both times; calls after it fail by name", async (t) => {
    const { serveShop, connect, finish } = simulation(t);
    const server = await serveShop("a");
    const connector = connect({ address: A });
    const shop = connector.client(ShopService);
    await finish(shop.where());
    await finish(Promise.all([connector.close(), connector.close()]));
    await connector.close();
    assert.equal(server.connections, 0);
    for (const client of [shop, connector.client(ShopService), connector.client(Other) as never as typeof shop]) {
      const call = "where" in client ? client.where() : (client as { other(): Promise<unknown> }).other();
      await assert.rejects(call, { code: "unavailable", reason: "CLOSED", processed: "no" });
    }
  });

  test("that was never used resolves at once", async (t) => {
    const { clock, connect } = simulation(t);
    await connect({ address: A }).close();
    assert.equal(clock.timers, 0);
  });

  test("while it connects fails the calls that wait, and stops connecting", async (t) => {
    const { clock, dialled, connect, outcome } = simulation(t);
    const connector = connect({ address: A });
    const call = outcome(connector.client(ShopService).where());
    await clock.advance(50);
    await connector.close();
    const { error, at } = await call;
    assert.deepEqual([error?.reason, error?.processed, at], ["CLOSED", "no", 50]);
    const before = dialled.length;
    await clock.advance(60_000);
    assert.equal(dialled.length, before);
    assert.equal(clock.timers, 0);
  });

  test("in the middle of the hello leaves no connection behind", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const server = await serveShop("a");
    const connector = connect({ address: A });
    const call = outcome(connector.client(ShopService).where());
    await Promise.resolve();
    await connector.close();
    assert.equal((await call).error?.reason, "CLOSED");
    await clock.advance(2_000);
    assert.equal(server.connections, 0);
  });

  test("lets the calls under way finish: none is lost", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    const server = await serveShop("a");
    const connector = connect({ address: A });
    const shop = withOptions(connector.client(ShopService), { timeoutMs: 30_000 });
    await finish(shop.where());
    const calls = [100, 5_000, 20_000].map((ms) => outcome(shop.slow(ms)));
    await clock.advance(1);
    let closedAt = 0;
    const closed = connector.close().then(() => {
      closedAt = clock.now();
    });
    await clock.advance(24_000);
    assert.deepEqual(
      (await Promise.all(calls)).map(({ answer }) => answer),
      ["a", "a", "a"],
    );
    await closed;
    assert.ok(closedAt >= 20_000 && closedAt < 20_100, `closed at ${closedAt}`);
    assert.equal(server.connections, 0);
  });

  test("ends calls that never settle after 25 s, saying that they may have run", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    await serveShop("a");
    const connector = connect({ address: A });
    const shop = connector.client(ShopService);
    await finish(shop.where());
    const startedAt = clock.now();
    const call = outcome(shop.never());
    await clock.advance(1);
    const closed = connector.close();
    await clock.advance(24_000);
    let over = false;
    void call.then(() => {
      over = true;
    });
    await clock.settle();
    assert.equal(over, false);
    await clock.advance(1_100);
    const { error, at } = await call;
    assert.deepEqual([error?.code, error?.reason, error?.processed], ["unavailable", "CLOSED", "maybe"]);
    assert.ok(at - startedAt >= 25_000 && at - startedAt < 25_100, `after ${at - startedAt} ms`);
    await closed;
  });

  test("ends what an endpoint still runs that the registry dropped before, too", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    const registry = listedRegistry();
    registry.say([endpointAt(A)]);
    await serveShop("a");
    const connector = connect({ registry, balancer: turns });
    const shop = connector.client(ShopService);
    await finish(shop.where());
    const call = outcome(shop.never());
    await clock.advance(1);
    registry.say([]);
    await clock.advance(1_000);
    const closed = connector.close();
    await clock.advance(25_100);
    assert.equal((await call).error?.reason, "CLOSED");
    await closed;
    assert.equal(registry.open, 0, "its watch has ended");
  });

  test("inside an interceptor of a call under way does not hang", async (t) => {
    const { serveShop, connect, outcome, finish } = simulation(t);
    await serveShop("a");
    let closing: Promise<void> | undefined;
    const connector = connect({
      address: A,
      interceptors: [
        (next) => async (call) => {
          const answer = await next(call);
          closing = connector.close();
          await closing;
          return answer;
        },
      ],
    });
    assert.equal((await finish(outcome(connector.client(ShopService).where()))).answer, "a");
    await closing;
  });
});

describe("a call that an interceptor has answered itself", () => {
  /** What is known by now is good enough after 20 ms. */
  function answering(t: Parameters<typeof simulation>[0]) {
    const simulated = simulation(t);
    const { clock } = simulated;
    const late: unknown[] = [];
    const stale: Interceptor = (next) => (call) => {
      if (call.method.name === "where") return next(call);
      const answer = next(call);
      answer.then(
        (output) => late.push(output),
        (thrown: RpcError) => late.push(thrown.code),
      );
      return Promise.race([answer, new Promise((resolve) => clock.setTimer(() => resolve("stale"), 20))]);
    };
    return { ...simulated, stale, late };
  }

  test("is over at its deadline all the same, and gives its place back", async (t) => {
    const { clock, serveShop, connect, outcome, finish, stale, late } = answering(t);
    await serveShop("a", { limits: { inFlight: 4 } });
    const connector = connect({ address: A, interceptors: [stale] });
    const shop = withOptions(connector.client(ShopService), { timeoutMs: 300 });
    const calls = Array.from({ length: 4 }, () => outcome(shop.never()));
    await clock.advance(100);
    for (const { answer } of await Promise.all(calls)) assert.equal(answer, "stale");
    assert.deepEqual(late, [], "they are still under way");
    await clock.advance(300);
    assert.deepEqual(late, Array(4).fill("deadline_exceeded"));
    assert.equal((await finish(outcome(shop.where()))).answer, "a");
    assert.equal(deadlinesOf(clock).size, 0);
  });

  test("is over at its deadline also where it waits for a connection", async (t) => {
    const { clock, connect, outcome, stale, late } = answering(t);
    const shop = connect({ address: A, interceptors: [stale], waitForReady: true }).client(ShopService);
    const call = outcome(withOptions(shop, { timeoutMs: 300 }).slow(1));
    await clock.advance(100);
    assert.deepEqual([(await call).answer, late], ["stale", []]);
    await clock.advance(300);
    assert.deepEqual(late, ["deadline_exceeded"]);
    assert.equal(deadlinesOf(clock).size, 0);
  });

  test("goes on behind the answer, and leaves nothing to wait for once the server has answered", async (t) => {
    const { clock, serveShop, connect, outcome, stale, late } = answering(t);
    await serveShop("a");
    const shop = connect({ address: A, interceptors: [stale] }).client(ShopService);
    const call = outcome(shop.slow(200));
    await clock.advance(100);
    assert.deepEqual([(await call).answer, late], ["stale", []]);
    assert.notEqual(deadlinesOf(clock).size, 0);
    await clock.advance(200);
    assert.deepEqual(late, ["a"]);
    assert.equal(deadlinesOf(clock).size, 0, "a deadline that is left keeps the process alive");
  });
});

describe("a deadline that an interceptor moves nearer", () => {
  const sooner =
    (now: () => number): Interceptor =>
    (next) =>
    (call) => {
      call.deadline = Math.min(call.deadline, now() + 200);
      return next(call);
    };

  test("is kept on the client's side, as one that its caller set", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    // Who tells of its deadline is the client: the server does not answer at all.
    await serveShop("a");
    const shop = connect({ address: A, interceptors: [sooner(() => clock.now())] }).client(ShopService);
    const call = outcome(shop.never());
    await clock.advance(1_000);
    const { error, at } = await call;
    assert.equal(error?.code, "deadline_exceeded");
    assert.ok(at >= 200 && at < 220, `at ${at}`);
  });

  test("is kept by a stream that had none", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const give = async function* (): AsyncGenerator<string> {
      await new Promise(() => {});
      yield "never";
    };
    await serveShop("a", { services: [bind(Feed, { give })] } as never);
    const feed = connect({ address: A, interceptors: [sooner(() => clock.now())] }).client(Feed);
    const first = outcome(feed.give().next());
    await clock.advance(1_000);
    const { error, at } = await first;
    assert.equal(error?.code, "deadline_exceeded");
    assert.ok(at >= 200 && at < 220, `at ${at}`);
  });
});

describe("a call that waits to be tried again", () => {
  for (const [how, leave] of [
    ["its stream is left", (stream: AsyncIterator<string>) => void stream.return?.()],
    ["its signal aborts", (_: unknown, leaving: AbortController) => leaving.abort()],
  ] as const)
    test(`leaves no timer behind where ${how}, which would keep the process alive`, async (t) => {
      const { clock, serveShop, connect } = simulation(t);
      const busy = new RpcError("resource_exhausted", "later", { processed: "no", retryAfterMs: 20_000 });
      let came = 0;
      const admit = (): RpcError => {
        came++;
        return busy;
      };
      await serveShop("a", {
        services: [bind(Feed, { give: async function* () {} })],
        admissions: [admit],
      } as never);
      const leaving = new AbortController();
      const feed = withOptions(connect({ address: A }).client(Feed), { signal: leaving.signal });
      const stream = feed.give();
      const first = stream.next().catch((thrown: RpcError) => thrown.code);
      await clock.advance(1_000);
      assert.equal(came, 1);
      const before = clock.timers;
      leave(stream, leaving);
      await clock.settle();
      await first;
      assert.equal(clock.timers, before - 1);
      await clock.advance(30_000);
      assert.equal(came, 1, "it is not made again");
    });
});
