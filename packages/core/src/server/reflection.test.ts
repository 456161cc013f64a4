import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { listedRegistry } from "../client/listed-registry.fixture.js";
import { ShopService, simulation } from "../client/simulation.fixture.js";
import { RpcError } from "../contract/errors.js";
import { ReflectionService } from "../host/reflection.js";
import { version } from "../host/version.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";

const A = "memory://a";

describe("a server that is asked what it serves", () => {
  test("names its services and methods, with their other names, and not itself", async (t) => {
    const { serveShop, connect, finish } = simulation(t);
    const Books = defineService<{ find(title: string): string; all(): AsyncIterable<string> }>("Books", {
      find: { idempotent: true, alias: "search" },
      all: { stream: "server" },
    });
    const books = bind(Books, { find: (title) => title, async *all() {} }, { alias: "Library" });
    await serveShop("a", { services: [books] } as never);
    const told = connect({ address: A }).client(ReflectionService);
    const methods = [
      { name: "find", kind: "unary", idempotent: true },
      { name: "all", kind: "server", idempotent: false },
      { name: "search", kind: "unary", idempotent: true },
    ];
    assert.deepEqual(await finish(told.services()), [
      { name: "Books", methods },
      { name: "Library", aliasOf: "Books", methods },
    ]);
    assert.equal(await finish(told.contract("Books")), null);
    assert.equal(await finish(told.contract({} as never)), null);
  });

  test("says who it is, and whether it drains", async (t) => {
    const { clock, serveShop, connect, finish } = simulation(t);
    const registry = {
      ...listedRegistry(),
      register: async () => ({
        lost: new Promise<Error>(() => {}),
        update: async () => {},
        release: () => new Promise<void>((resolve) => clock.setTimer(resolve, 1_000)),
      }),
      close: async () => {},
    };
    const server = await serveShop("a", { cluster: "test", instance: "a-1", registry } as never);
    const connector = connect({ address: A, cluster: "test" });
    const told = connector.client(ReflectionService);
    await clock.advance(1_500);
    const { uptimeMs, ...rest } = await finish(told.instance());
    assert.ok(uptimeMs >= 1_500);
    const versions = { node: process.versions.node, rpc: version };
    assert.deepEqual(rest, { id: "a-1", cluster: "test", versions, state: "serving" });
    const closed = server.close(); // takes its entries away first, and still answers meanwhile
    assert.equal((await finish(told.instance())).state, "draining");
    await finish(closed);
  });

  test("tells what it counted, at most four times a second anew, and nothing of its other clients", async (t) => {
    const { clock, serveShop, connect, finish } = simulation(t);
    await serveShop("a");
    const connector = connect({ address: A });
    const [told, shop] = [connector.client(ReflectionService), connector.client(ShopService)];
    const calls = async (): Promise<number | undefined> =>
      (await finish(told.stats())).methods["/shop.Shop/where"]?.calls;
    assert.equal(await calls(), undefined);
    await finish(shop.where());
    assert.equal(await calls(), undefined, "the figures of a moment ago");
    await clock.advance(250);
    const stats = await finish(told.stats());
    assert.equal(stats.methods["/shop.Shop/where"]?.ok, 1);
    assert.deepEqual([stats.connections, stats.connectionsOpen], [[], 1]);
  });

  test("tells what it counted to no more callers than it can write it for", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    await serveShop("a");
    const told = connect({ address: A, retry: false }).client(ReflectionService);
    const flood = async (): Promise<readonly string[]> => {
      const outcomes = await finish(Promise.all(Array.from({ length: 41 }, () => outcome(told.stats()))));
      return outcomes.flatMap(({ error }) => (error === undefined ? [] : [error.reason, String(error.retryAfterMs)]));
    };
    assert.deepEqual(await flood(), ["RATE_LIMIT", "250"]);
    assert.equal(typeof (await finish(told.instance())).id, "string", "all else it goes on to tell");
    await clock.advance(250);
    assert.deepEqual(await flood(), ["RATE_LIMIT", "250"], "forty again");
  });

  test("tells of no more methods than fit into a message: those that are called most", async (t) => {
    const { clock, serveShop, connect, finish } = simulation(t);
    await serveShop("a", { services: undefined, invoke: async () => "ok" } as never);
    const connector = connect({ address: A });
    const names = Array.from({ length: 300 }, (_, each) => `m${each}`);
    const Many = defineService<Record<string, () => string>>(
      "Many",
      Object.fromEntries(names.map((name) => [name, {}])),
    );
    const many = connector.client(Many) as Record<string, () => Promise<string>>;
    await finish(Promise.all([...names, ...names.slice(200)].map((name) => many[name]!())));
    await clock.advance(250);
    const { methods } = await finish(connector.client(ReflectionService).stats());
    assert.equal(Object.keys(methods).length, 256);
    assert.ok(names.slice(200).every((name) => methods[`/Many/${name}`]?.ok === 2));
  });

  test("is asked beside a bare function, which answers all else", async (t) => {
    const { serveShop, connect, finish } = simulation(t);
    const asked: string[] = [];
    const invoke = async ({ method }: { method: { path: string } }) => asked.push(method.path);
    await serveShop("a", { services: undefined, invoke, instance: "i" } as never);
    const connector = connect({ address: A });
    const told = connector.client(ReflectionService);
    assert.deepEqual(await finish(told.services()), []);
    assert.equal((await finish(told.instance())).id, "i");
    assert.equal(Number(await finish(connector.client(ShopService).where())), 1);
    assert.deepEqual(asked, ["/shop.Shop/where"]);
  });
});

describe("whoever asks a server what it serves", () => {
  test("is judged by its authorize and its admissions, and goes through its interceptors", async (t) => {
    const { serveShop, connect, outcome, finish } = simulation(t);
    const passed: string[] = [];
    await serveShop("a", {
      authorize: ({ method }) =>
        method.path === "/rpc.Reflection/stats" ? new RpcError("permission_denied", "not for you") : undefined,
      admissions: [
        ({ method }) =>
          method.path === "/rpc.Reflection/contract" ? new RpcError("resource_exhausted", "not now") : undefined,
      ],
      interceptors: [
        (next) => (call) => {
          passed.push(call.method.path);
          return next(call);
        },
      ],
    });
    const told = connect({ address: A, retry: false }).client(ReflectionService);
    assert.equal((await finish(outcome(told.stats()))).error?.code, "permission_denied");
    assert.equal((await finish(outcome(told.contract("shop.Shop")))).error?.code, "resource_exhausted");
    assert.equal((await finish(told.services()))[0]?.name, "shop.Shop");
    assert.deepEqual(passed, ["/rpc.Reflection/services"]);
  });

  test("learns nothing where that is switched off", async (t) => {
    const { serveShop, connect, outcome, finish } = simulation(t);
    await serveShop("a", { reflection: false });
    const told = connect({ address: A }).client(ReflectionService);
    const { error } = await finish(outcome(told.services()));
    assert.deepEqual([error?.reason, error?.processed], ["NO_SERVICE", "no"]);
  });

  test("finds the service that tells it in no registry", async (t) => {
    const { serveShop } = simulation(t);
    const registered: string[] = [];
    const registry = {
      ...listedRegistry(),
      register: async (entries: readonly { service: string }[]) => {
        registered.push(...entries.map(({ service }) => service));
        return { lost: new Promise<Error>(() => {}), update: async () => {}, release: async () => {} };
      },
      close: async () => {},
    };
    await serveShop("a", { registry } as never);
    assert.deepEqual(registered, ["shop.Shop"]);
  });
});

test("the version that a server tells is that of the package", () => {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  assert.equal((manifest as { version: string }).version, version);
});
