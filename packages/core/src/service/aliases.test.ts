import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endpointAt, listedRegistry } from "../client/listed-registry.fixture.js";
import { simulation, turns } from "../client/simulation.fixture.js";
import { RpcError } from "../contract/errors.js";
import { createDispatcher } from "../host/dispatcher.js";
import { bind } from "./bind.js";
import { defineService } from "./define-service.js";

interface Prices {
  of(product: string): number;
  all(): string[];
}

const PricesService = defineService<Prices>("Prices", {
  of: { idempotent: true, alias: ["priceOf", "get"] },
  all: {},
});
const Old = defineService<{ priceOf(product: string): number }>("shop.PriceList", { priceOf: {} });
const prices: Prices = { of: (product) => product.length, all: () => ["tea"] };
const refused = (said: RegExp) => (error: RpcError) => error.code === "invalid_argument" && said.test(error.message);

describe("a service under another name", () => {
  test("is called by clients that know either name, its methods by either of theirs, over a connection", async (t) => {
    const { serveShop, connect, finish } = simulation(t);
    await serveShop("a", { services: [bind(PricesService, prices, { alias: "shop.PriceList" })] } as never);
    const connector = connect({ address: "memory://a" });
    assert.equal(await finish(connector.client(PricesService).of("tea")), 3);
    assert.equal(await finish(connector.client(Old).priceOf("coffee")), 6);
    const halfNew = defineService<{ get(product: string): number }>("Prices", { get: {} });
    assert.equal(await finish(connector.client(halfNew).get("milk")), 4);
  });

  test("is registered under both, so that old clients find it", async (t) => {
    const { serveShop, connect, finish } = simulation(t);
    const entries: string[] = [];
    const registry = {
      ...listedRegistry(),
      register: async (all: readonly { readonly service: string }[]) => {
        entries.push(...all.map(({ service }) => service));
        return { lost: new Promise<Error>(() => {}), update: async () => {}, release: async () => {} };
      },
      close: async () => {},
    };
    const services = [bind(PricesService, prices, { alias: ["shop.PriceList", "P"] })];
    await serveShop("a", { services, registry } as never);
    assert.deepEqual(entries.sort(), ["P", "Prices", "shop.PriceList"]);
    const listed = listedRegistry();
    listed.say([endpointAt("memory://a")]);
    assert.equal(await finish(connect({ registry: listed, balancer: turns }).client(Old).priceOf("tea")), 3);
  });

  test("says of each name whether a method may run twice", () => {
    const { services } = createDispatcher([bind(PricesService, prices, { alias: "Old" })]);
    assert.deepEqual(
      services.map(({ name, methods }) => [
        name,
        methods.map((each) => `${each.path} ${each.idempotent} ${each.index}`),
      ]),
      [
        ["Prices", ["/Prices/of true 0", "/Prices/all false 1", "/Prices/priceOf true 2", "/Prices/get true 3"]],
        ["Old", ["/Old/of true 0", "/Old/all false 1", "/Old/priceOf true 2", "/Old/get true 3"]],
      ],
    );
  });

  test("leaves a service without one as it is, and a client's own methods as they are named", () => {
    const plain = defineService<{ a(): void }>("Plain", { a: {} });
    assert.equal(createDispatcher([bind(plain, { a: () => {} })]).services[0], plain);
    assert.deepEqual(
      PricesService.methods.map(({ name }) => name),
      ["of", "all"],
    );
  });
});

describe("an alias that cannot be", () => {
  test("another service's name, another method's, a name that cannot travel, and what is no name are refused", () => {
    const dispatcher =
      (...bindings: Parameters<typeof createDispatcher>[0]) =>
      () =>
        createDispatcher(bindings);
    const other = defineService<{ a(): void }>("Other", { a: {} });
    assert.throws(
      dispatcher(bind(PricesService, prices, { alias: "Other" }), bind(other, { a: () => {} })),
      refused(/two services are called "Other"/),
    );
    const twice = defineService<Prices>("Prices", { of: { alias: "all" }, all: {} });
    assert.throws(dispatcher(bind(twice, prices)), refused(/Prices\.of: alias "all" is the name of another method/));
    assert.throws(dispatcher(bind(PricesService, prices, { alias: "a b" })), refused(/cannot be a service's name/));
    const reserved = defineService<Prices>("Prices", { of: { alias: "then" }, all: {} });
    assert.throws(dispatcher(bind(reserved, prices)), refused(/cannot be called "then"/));
    for (const alias of [7, [7], {}])
      assert.throws(() => bind(PricesService, prices, { alias: alias as string }), refused(/alias must be a name/));
    assert.throws(() => bind(PricesService, prices, { name: "x" } as never), RpcError);
  });
});
