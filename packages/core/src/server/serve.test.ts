import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { currentCall } from "../ambient/index.js";
import { withOptions } from "../client/create-client.js";
import { ShopService, simulation } from "../client/simulation.fixture.js";
import { RpcError } from "../contract/errors.js";
import { defineService } from "../service/define-service.js";
import { streamPair } from "../transport/memory.js";
import { leasingRegistry } from "./leasing-registry.fixture.js";

const A = "memory://a";

describe("the limits of a server", () => {
  test("handlers that run are counted over all connections: what comes above the limit waits, and is told so where it waits too long", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    let started = 0;
    const slow = (ms: number): Promise<string> => {
      started++;
      return new Promise((resolve) => clock.setTimer(() => resolve("a"), ms));
    };
    await serveShop("a", { handlersRunning: 4 }, { slow });
    const shops = [1, 2].map(() => connect({ address: A, retry: false }).client(ShopService));
    await finish(Promise.all(shops.map((shop) => shop.where())));
    const calls = [0, 1, 0, 1, 0].map((which) => outcome(shops[which]!.slow(2_000)));
    await clock.advance(950);
    assert.equal(started, 4);
    await clock.advance(150);
    const { error, at } = await Promise.race(calls);
    assert.deepEqual([error?.code, error?.reason, error?.processed], ["resource_exhausted", "CONCURRENCY_LIMIT", "no"]);
    assert.match(error?.message ?? "", /4 handlers of the server are running, the limit of handlersRunning/);
    assert.ok(at >= 1_000, "a tenth of its ten seconds");
    assert.ok((error?.retryAfterMs ?? 0) >= 100);
    const next = outcome(shops[1]!.slow(1));
    await clock.advance(1_000);
    assert.equal((await Promise.all(calls)).filter(({ answer }) => answer === "a").length, 4);
    assert.equal((await finish(next)).answer, "a", "places are given back");
    assert.equal(started, 5);
  });

  test("a place stays taken until the handler has settled, however its caller has gone", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    await serveShop("a", { handlersRunning: 1 });
    const shop = connect({ address: A, retry: false }).client(ShopService);
    await finish(outcome(shop.where()));
    const impatient = outcome(withOptions(shop, { timeoutMs: 100 }).slow(5_000));
    await clock.advance(200);
    assert.equal((await impatient).error?.code, "deadline_exceeded");
    assert.equal((await finish(outcome(shop.where()))).error?.reason, "CONCURRENCY_LIMIT");
    await clock.advance(5_000);
    assert.equal((await finish(outcome(shop.where()))).answer, "a");
  });

  test("connections are taken up to the limit, one above is closed, and a place that was freed is given again", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    const server = await serveShop("a", { connections: 2 });
    const connectors = [1, 2, 3].map(() => connect({ address: A, retry: false }));
    const answers = connectors.map((connector) => outcome(connector.client(ShopService).where()));
    await clock.advance(1_000);
    assert.equal(server.connections, 2);
    assert.deepEqual(
      (await Promise.all(answers.slice(0, 2))).map(({ answer }) => answer),
      ["a", "a"],
    );
    await finish(connectors[0]!.close());
    await clock.advance(4_500);
    assert.equal((await answers[2])?.answer, "a");
    assert.equal(server.connections, 2);
  });
});

describe("a server that closes", () => {
  test("lets handlers finish and their answers arrive; nothing new is begun", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    const server = await serveShop("a");
    const shop = withOptions(connect({ address: A, retry: false }).client(ShopService), { timeoutMs: 60_000 });
    await finish(shop.where());
    const calls = [1, 5_000, 20_000].map((ms) => outcome(shop.slow(ms)));
    await clock.advance(0);
    const closed = server.close();
    assert.equal(server.close(), closed, "closing twice is closing once");
    await clock.advance(21_000);
    assert.deepEqual(
      (await Promise.all(calls)).map(({ answer }) => answer),
      ["a", "a", "a"],
    );
    await closed;
    assert.equal(server.connections, 0);
  });

  test("ends what still runs after 25 s: the handler's signal is aborted, the caller told that it may have run", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    let signal: AbortSignal | undefined;
    let abortedAt = 0;
    const never = (): Promise<never> => {
      ({ signal } = currentCall());
      signal?.addEventListener("abort", () => {
        abortedAt = clock.now();
      });
      return new Promise(() => {});
    };
    const server = await serveShop("a", { ambient: true }, { never });
    const shop = connect({ address: A }).client(ShopService);
    await finish(shop.where());
    const call = outcome(shop.never());
    await clock.advance(1);
    const from = clock.now();
    const closed = server.close();
    await clock.advance(24_900);
    assert.equal(signal?.aborted, false);
    await clock.advance(200);
    const { error } = await call;
    assert.deepEqual([error?.code, error?.reason, error?.processed], ["unavailable", "DRAINING", "maybe"]);
    assert.ok(abortedAt - from >= 25_000 && abortedAt - from < 25_100, `after ${abortedAt - from} ms`);
    await closed;
  });

  test("after as long as it was asked to, and at once where that is nothing", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    const server = await serveShop("a", { drainMs: 0 });
    const shop = connect({ address: A }).client(ShopService);
    await finish(shop.where());
    const call = outcome(shop.never());
    await clock.advance(1);
    const closed = server.close();
    await clock.advance(10);
    assert.equal((await call).error?.processed, "maybe");
    await closed;
  });

  test("inside one of its own handlers: the answer still arrives", async (t) => {
    const { serveShop, connect, outcome, finish } = simulation(t);
    const closed: Promise<void>[] = [];
    const server = await serveShop(
      "a",
      {},
      {
        where() {
          closed.push(server.close());
          return "last words";
        },
      },
    );
    const shop = connect({ address: A }).client(ShopService);
    assert.equal((await finish(outcome(shop.where()))).answer, "last words");
    await finish(closed[0]!);
    assert.equal(server.connections, 0);
  });

  test("inside a handler that waits for it: both end once patience is over", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    const server = await serveShop(
      "a",
      { drainMs: 2_000 },
      {
        async where() {
          await server.close();
          return "never heard";
        },
      },
    );
    const shop = connect({ address: A, retry: false }).client(ShopService);
    const { error } = await finish(outcome(shop.where()));
    assert.deepEqual([error?.code, error?.processed], ["unavailable", "maybe"]);
    assert.ok(clock.now() <= 4_000);
  });

  test("with a peer that never said hello, or never closes, is not held up", async (t) => {
    const { clock, serveShop, transports, finish } = simulation(t);
    const server = await serveShop("a");
    const stream = await transports["memory"]!.connect(A, new AbortController().signal);
    stream.on("error", () => {});
    await clock.settle();
    assert.equal(server.connections, 1);
    const from = clock.now();
    await finish(server.close());
    assert.ok(clock.now() - from <= 26_000);
    assert.equal(server.connections, 0);
    stream.destroy();
  });

  test("takes no connection that comes after", async (t) => {
    const { clock, serveShop, transports, finish } = simulation(t);
    const accepts: ((stream: ReturnType<typeof streamPair>[0], remote: string) => void)[] = [];
    const late = {
      ...transports["memory"]!,
      listen: async (address: string, accept: (typeof accepts)[0]) => {
        accepts.push(accept);
        return { address, close: async () => {} };
      },
    };
    const server = await serveShop("a", { transports: { memory: late } });
    await finish(server.close());
    const [near, far] = streamPair();
    near.on("error", () => {});
    accepts[0]?.(far, "memory://late");
    await clock.settle();
    assert.deepEqual([server.connections, near.destroyed || far.destroyed], [0, true]);
    near.destroy();
  });
});

describe("a server and its registry", () => {
  test("that refuses at the first start: starting fails, and nothing listens any more", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const registry = leasingRegistry();
    registry.refuse = true;
    await assert.rejects(serveShop("a", { registry }), /refused/);
    await serveShop("a");
    const call = outcome(connect({ address: A }).client(ShopService).where());
    await clock.advance(100);
    assert.equal((await call).answer, "a");
  });

  test("that refuses at the first start: who has connected meanwhile is let go", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    const registry = leasingRegistry();
    registry.hang = true;
    registry.refuse = true;
    const started = assert.rejects(serveShop("a", { registry }), /refused/);
    const connector = connect({ address: A, retry: false });
    const call = outcome(connector.client(ShopService).never());
    await clock.advance(100);
    registry.answer();
    await started;
    const at = clock.now();
    const { error } = await finish(call);
    assert.deepEqual([error?.code, error?.processed], ["unavailable", "maybe"]);
    assert.ok(clock.now() - at <= 1_000);
  });

  test("is told before anything else that it goes, so that nobody new is sent to it", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    const registry = leasingRegistry();
    const server = await serveShop("a", { registry });
    const shop = connect({ address: A }).client(ShopService);
    await finish(shop.where());
    registry.hang = true;
    const closed = server.close();
    await clock.advance(100);
    assert.equal((await finish(outcome(shop.where()))).answer, "a", "it serves on until it is deregistered");
    registry.answer();
    await finish(closed);
    assert.equal(registry.leases[0]?.released, true);
  });

  test("that does not answer any more does not keep it from closing", async (t) => {
    const { clock, serveShop } = simulation(t);
    const registry = leasingRegistry();
    const server = await serveShop("a", { registry });
    registry.hang = true;
    let over = false;
    const closed = server.close().then(() => {
      over = true;
    });
    await clock.advance(30_000);
    const inTime = over;
    registry.answer();
    await closed;
    assert.ok(inTime, "it waits for ever");
  });
});

test("a server that could not be registered lets nobody in, nor who was being looked at", async (t) => {
  const { clock, serveShop, connect, outcome } = simulation(t);
  let refuse = (_error: Error): void => {};
  const refused = new Promise<never>((_, reject) => {
    refuse = reject;
  });
  let through = (): void => {};
  const looked = new Promise<void>((resolve) => {
    through = resolve;
  });
  const registry = { ...leasingRegistry(), register: () => refused };
  const failure = serveShop("a", { registry, onConnect: () => looked }).then(
    () => assert.fail("it started"),
    (error: RpcError) => error,
  );
  await clock.settle();
  const shop = connect({ address: A, retry: false, waitForReady: false }).client(ShopService);
  const call = outcome(withOptions(shop, { timeoutMs: 2_000 }).where());
  await clock.settle();
  refuse(new RpcError("invalid_argument", "made up", { reason: "NO" }));
  assert.equal((await failure).reason, "NO");
  through();
  await clock.advance(3_000);
  const { answer, error } = await call;
  assert.deepEqual([answer, error?.processed], [undefined, "no"]);
});

describe("a server of one bare function", () => {
  test("answers whatever is called, by name, with the arguments", async (t) => {
    const { serveShop, connect, finish } = simulation(t);
    const invoke = async ({ method, input }: { method: { path: string }; input: readonly unknown[] }) => [
      method.path,
      input,
    ];
    await serveShop("a", { services: undefined, invoke } as never);
    interface Anything {
      one(value: number): unknown;
      two(): unknown;
    }
    const connector = connect({ address: A });
    for (const name of ["any.Thing", "other.Thing"]) {
      const client = connector.client(defineService<Anything>(name, { one: {}, two: {} }));
      assert.deepEqual(await finish(client.one(5)), [`/${name}/one`, [5]]);
      assert.deepEqual(await finish(client.two()), [`/${name}/two`, []]);
    }
  });

  test("goes through its interceptors, has a current call where asked to, and keeps what it throws to itself", async (t) => {
    const { serveShop, connect, finish } = simulation(t);
    const paths: string[] = [];
    await serveShop("a", {
      services: undefined,
      ambient: true,
      interceptors: [
        (next: (call: unknown) => Promise<unknown>) => (call: unknown) => {
          paths.push(currentCall().method.path);
          return next(call);
        },
      ],
      invoke() {
        throw new Error("made up secret");
      },
    } as never);
    const { error } = await finish(
      connect({ address: A })
        .client(ShopService)
        .where()
        .then(
          () => assert.fail("it succeeded"),
          (thrown: unknown) => {
            assert.ok(thrown instanceof RpcError);
            return { error: thrown };
          },
        ),
    );
    assert.deepEqual([error.code, error.reason, error.processed], ["unknown", "HANDLER_ERROR", "yes"]);
    assert.doesNotMatch(error.message, /secret/);
    assert.deepEqual(paths, ["/shop.Shop/where"]);
  });
});
