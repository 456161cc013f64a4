import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ambientCall, currentCall } from "../ambient/index.js";
import { createClient, withOptions } from "../client/create-client.js";
import type { Call, Interceptor } from "../contract/call.js";
import type { Handlers } from "../contract/client.js";
import { RpcError } from "../contract/errors.js";
import { silent } from "../contract/logger.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import { createManualClock } from "../testing/manual-clock.js";
import { createDispatcher, type DispatcherOptions } from "./dispatcher.js";

interface Shop {
  price(name: string): unknown;
  stop(): void;
}

const ShopService = defineService<Shop>("shop.Shop", { price: {}, stop: { idempotent: true } });

function shopOf(price: () => unknown, options: DispatcherOptions = {}, interceptors: readonly Interceptor[] = []) {
  const handlers: Handlers<Shop> = { price, stop: () => {} };
  const dispatcher = createDispatcher([bind(ShopService, handlers)], interceptors, options);
  return createClient(ShopService, dispatcher.invoke);
}

const failure = (call: Promise<unknown>): Promise<RpcError> =>
  call.then(
    () => assert.fail("it succeeded"),
    (thrown) => {
      assert.ok(thrown instanceof RpcError, String(thrown));
      return thrown;
    },
  );

describe("a client pointed at a dispatcher, with no network between", () => {
  test("gets its answers, of handlers that return at once and of those that do not", async () => {
    assert.equal(await shopOf(() => 5).price("tea"), 5);
    assert.equal(await shopOf(async () => 6).price("tea"), 6);
  });

  const secret = "/etc/secret and a stack";
  const thrown: readonly [title: string, thrown: unknown, expected: Partial<RpcError>][] = [
    ["an error of its own", new Error(secret), { code: "unknown", reason: "HANDLER_ERROR" }],
    ["null", null, { code: "unknown", reason: "HANDLER_ERROR" }],
    ["undefined", undefined, { code: "unknown", reason: "HANDLER_ERROR" }],
    ["text", secret, { code: "unknown", reason: "HANDLER_ERROR" }],
    [
      "what its caller shall see",
      new RpcError("not_found", "no tea", { reason: "NO_TEA", details: { left: 0 }, retryAfterMs: 5 }),
      { code: "not_found", reason: "NO_TEA", message: "no tea", retryAfterMs: 5 },
    ],
    [
      "a lie about whether it ran",
      new RpcError("unavailable", "not me", { processed: "no", reason: "DRAINING" }),
      { code: "unavailable", reason: "DRAINING" },
    ],
    ["an unknown code", new RpcError("nope" as never, "made up"), { code: "unknown" }],
  ];
  for (const [title, error, expected] of thrown) {
    for (const [how, price] of [
      [
        "throws",
        () => {
          throw error;
        },
      ],
      ["rejects with", () => Promise.reject(error)],
    ] as const) {
      test(`sees of a handler that ${how} ${title} what it would see over a connection`, async () => {
        const seen = await failure(shopOf(price).price("tea"));
        assert.deepEqual(
          { ...expected },
          Object.fromEntries(Object.keys(expected).map((key) => [key, seen[key as "code"]])),
        );
        assert.deepEqual([seen.origin, seen.processed, seen.cause], ["peer", "yes", undefined]);
        assert.ok(!seen.message.includes("secret"), seen.message);
        assert.notEqual(seen, error);
      });
    }
  }

  test("what it is not told is logged, once, in full", async () => {
    const logged: unknown[] = [];
    const logger = { ...silent, error: (...entry: unknown[]) => void logged.push(entry) };
    await failure(shopOf(() => Promise.reject(new Error(secret)), { logger }).price("tea"));
    await failure(shopOf(() => Promise.reject(new RpcError("not_found", "told")), { logger }).price("tea"));
    assert.equal(logged.length, 1);
    assert.ok(JSON.stringify(logged).includes("secret"), JSON.stringify(logged));
  });

  test("an error that a handler received from a call of its own crosses as unknown, so that nobody runs this handler again", async () => {
    const inner = shopOf(() => Promise.reject(new RpcError("unavailable", "inner")));
    const error = await failure(shopOf(() => inner.price("tea")).price("tea"));
    assert.deepEqual([error.code, error.reason, error.processed], ["unknown", "HANDLER_ERROR", "yes"]);
  });

  test("its cancelling reaches the handler's signal, and its call fails at once", async () => {
    const controller = new AbortController();
    let signal: AbortSignal | undefined;
    const shop = shopOf(
      () => {
        ({ signal } = currentCall());
        return new Promise(() => {});
      },
      { ambient: true },
    );
    const outcome = failure(withOptions(shop, { signal: controller.signal }).price("tea"));
    assert.equal(signal?.aborted, false);
    controller.abort();
    const error = await outcome;
    assert.deepEqual([error.code, error.processed], ["cancelled", "maybe"]);
    assert.equal(signal?.aborted, true);
    assert.equal((signal?.reason as RpcError | undefined)?.code, "cancelled");
  });

  test("its deadline aborts the handler's signal, on the clock that was given", async () => {
    // Beyond anything that the process's own clock may say.
    const clock = createManualClock(1e12);
    let signal: AbortSignal | undefined;
    let late = false;
    const dispatcher = createDispatcher(
      [
        bind(ShopService, {
          price() {
            ({ signal } = currentCall());
            signal?.addEventListener("abort", () => {
              late = clock.now() > 1e12 + 110;
            });
            return new Promise(() => {});
          },
          stop: () => {},
        }),
      ],
      [],
      { ambient: true, clock },
    );
    const shop = createClient(ShopService, dispatcher.invoke, { clock, timeoutMs: 100 });
    const outcome = failure(shop.price("tea"));
    await clock.advance(90);
    assert.equal(signal?.aborted, false);
    await clock.advance(20);
    assert.equal((await outcome).code, "deadline_exceeded");
    assert.deepEqual([signal?.aborted, late], [true, false]);
    assert.equal(clock.timers, 0);
  });

  test("what the handler does to its call does not reach the caller's", async () => {
    const calls: Call[] = [];
    const outer: Interceptor = (next) => (call) => {
      calls.push(call);
      call.metadata = { changed: "yes" };
      call.deadline = 0;
      return next(call);
    };
    const seen: Call[] = [];
    const { invoke } = createDispatcher([bind(ShopService, { price: () => 1, stop: () => {} })], [outer]);
    const shop = createClient(ShopService, (call) => {
      seen.push(call);
      return invoke(call);
    });
    await shop.price("tea");
    assert.notEqual(seen[0], calls[0]);
    assert.deepEqual({ ...seen[0]?.metadata }, {});
    assert.ok((seen[0]?.deadline ?? 0) > 0);
    assert.equal(calls[0]?.settled, true);
    assert.equal(seen[0]?.carrier, undefined);
  });

  test("handlers read no current call unless that was asked for", async () => {
    assert.equal(await shopOf(() => ambientCall() === undefined).price("tea"), true);
    assert.equal(await shopOf(() => currentCall().method.path, { ambient: true }).price("tea"), "/shop.Shop/price");
  });
});

describe("what a dispatcher answers for", () => {
  test("two services of one name are refused at start", () => {
    const binding = bind(ShopService, { price: () => 1, stop: () => {} });
    assert.throws(
      () => createDispatcher([binding, binding]),
      (thrown: RpcError) => {
        assert.deepEqual([thrown.code, thrown.reason], ["invalid_argument", "DUPLICATE_SERVICE"]);
        assert.match(thrown.message, /two services are called "shop\.Shop"/);
        return true;
      },
    );
  });

  test("names made without defineService are checked all the same", () => {
    const method = { ...ShopService.methods[0]!, name: "constructor" };
    const sneaky = { service: { name: "shop.Shop", methods: [method] }, handlers: [() => 1] };
    assert.throws(() => createDispatcher([sneaky]), { reason: "BAD_NAME" });
    assert.throws(() => createDispatcher([{ service: { name: "a b", methods: [] }, handlers: [] }]), {
      reason: "BAD_NAME",
    });
  });

  test("one class under several names answers under each, with its own state", async () => {
    class Counter {
      #count: number;
      constructor(from: number) {
        this.#count = from;
      }
      next(): number {
        return ++this.#count;
      }
    }
    const services = ["counter.One", "counter.Two"].map((name) => defineService<Counter>(name, { next: {} }));
    const dispatcher = createDispatcher(services.map((service, index) => bind(service, new Counter(index * 100))));
    const [one, two] = services.map((service) => createClient(service, dispatcher.invoke));
    assert.deepEqual([await one?.next(), await two?.next(), await one?.next()], [1, 101, 2]);
    assert.deepEqual(
      dispatcher.services.map(({ name }) => name),
      ["counter.One", "counter.Two"],
    );
  });

  test("what is not there fails by name, with what was probably meant, and certainly ran nothing", async () => {
    const { invoke } = createDispatcher([bind(ShopService, { price: () => 1, stop: () => {} })]);
    const rows = [
      ["shop.Shop", "prise", "NO_METHOD", 'shop.Shop has no method "prise"; did you mean "price"?'],
      ["shop.Shp", "price", "NO_SERVICE", 'there is no service "shop.Shp"; did you mean "shop.Shop"?'],
    ] as const;
    for (const [service, method, reason, message] of rows) {
      const client = createClient(defineService<Record<string, () => unknown>>(service, { [method]: {} }), invoke);
      const error = await failure(client[method]!());
      assert.deepEqual(
        [error.code, error.reason, error.processed, error.message],
        ["unimplemented", reason, "no", message],
      );
    }
  });

  test("it cannot be changed once it is made", () => {
    const dispatcher = createDispatcher([bind(ShopService, { price: () => 1, stop: () => {} })]);
    assert.ok(Object.isFrozen(dispatcher) && Object.isFrozen(dispatcher.services));
    assert.equal(dispatcher.methodsOf("constructor"), undefined);
    assert.equal(dispatcher.methodsOf("__proto__"), undefined);
  });
});
