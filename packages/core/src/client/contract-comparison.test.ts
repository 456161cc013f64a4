import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { BreakingDifference, Contracts } from "../contract/contracts.js";
import { RpcError } from "../contract/errors.js";
import type { Logger } from "../contract/logger.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import { ShopService, simulation, turns } from "./simulation.fixture.js";

const one = "1111111111111111";
const two = "2222222222222222";

/** A contract that hashes every method alike, and what it was asked. */
function contract(hash: string | undefined, differences: readonly BreakingDifference[] = []) {
  const asked: unknown[] = [];
  const made: Contracts = {
    services: ["shop.Shop"],
    describe: (service) => ({ of: service, hash }),
    hashOf: () => hash,
    breaking: (service, theirs) => {
      asked.push([service, theirs]);
      return differences;
    },
  };
  return { made, asked };
}

/** What was warned of. */
function warnings() {
  const said: unknown[] = [];
  const logger: Logger = { debug() {}, info() {}, error() {}, warn: (message, fields) => said.push([message, fields]) };
  return { said, logger };
}

const wider = { method: "where", what: "result may be null now, and was always string" };
const wrongInput = (): never => {
  throw new RpcError("invalid_argument", "what is this?");
};

describe("a client and a server of different contracts", () => {
  test("equal hashes are silent, and so are unknown ones: nothing is fetched", async (t) => {
    for (const [server, client] of [
      [one, one],
      [undefined, two],
      [one, undefined],
      ["no hash at all", two],
    ] as const) {
      const { serveShop, connect, clock, finish } = simulation(t);
      await serveShop("a", { contract: contract(server).made });
      const own = contract(client, [wider]);
      const connector = connect({ address: "memory://a", contract: own.made });
      assert.equal(await finish(connector.client(ShopService).where()), "a");
      await clock.settle();
      assert.deepEqual(own.asked, [], `${server} ${client}`);
    }
  });

  test("what breaks is told once in the log and in the method's errors; other methods and outages say nothing of it", async (t) => {
    const { serveShop, connect, clock, finish } = simulation(t);
    const where = wrongInput;
    const slow = wrongInput;
    await serveShop("a", { contract: contract(one).made }, { where, slow });
    const own = contract(two, [wider]);
    const { said, logger } = warnings();
    const connector = connect({ address: "memory://a", contract: own.made, logger, retry: false });
    const shop = connector.client(ShopService);
    await finish(connector.ready(ShopService));
    await clock.settle();
    assert.deepEqual(own.asked, [["shop.Shop", { of: "shop.Shop", hash: one }]]);
    assert.deepEqual(said, [
      [
        "the contract of shop.Shop at memory://a breaks this client's",
        {
          service: "shop.Shop",
          endpoint: "memory://a",
          differences: ["where: result may be null now, and was always string"],
        },
      ],
    ]);
    for (let call = 0; call < 2; call++)
      await assert.rejects(finish(shop.where()), {
        code: "invalid_argument",
        message: "what is this? (its server's contract differs: result may be null now, and was always string)",
      });
    await assert.rejects(finish(shop.slow(1)), { message: "what is this?" });
    assert.equal(said.length, 1);
    assert.equal(own.asked.length, 1);
  });

  test("time that is up does not blame the contract, and an error of the user's own class stays as it is", async (t) => {
    class Closed extends RpcError {
      static override readonly reason = "CLOSED_SHOP";
    }
    const { serveShop, connect, clock, finish } = simulation(t);
    const options = { contract: contract(one).made, errors: [Closed] };
    await serveShop("a", options, {
      where: () => {
        throw new Closed("unknown", "come back tomorrow");
      },
    });
    const own = contract(two, [wider, { ...wider, method: "never" }]);
    const connector = connect({ address: "memory://a", contract: own.made, errors: [Closed], retry: false });
    await finish(connector.ready(ShopService));
    await clock.settle();
    await assert.rejects(
      finish(connector.client(ShopService).where()),
      (error) => error instanceof Closed && error.message === "come back tomorrow",
    );
    await assert.rejects(finish(connector.client(ShopService).never()), (error) => {
      assert.ok(error instanceof RpcError);
      assert.equal(error.code, "deadline_exceeded");
      assert.doesNotMatch(error.message, /contract/);
      return true;
    });
  });

  test("instances of one version are asked once, of another version once more, and a second connection is not", async (t) => {
    const { serveShop, connect, clock, finish } = simulation(t);
    for (const [name, hash] of [
      ["a", one],
      ["b", one],
      ["c", "3333333333333333"],
    ] as const)
      await serveShop(name, { contract: contract(hash).made }, { where: wrongInput });
    const own = contract(two, [wider]);
    const endpoints = ["a", "b", "c"].map((id) => ({
      id,
      address: `memory://${id}`,
      weight: 1,
      tags: {},
      inactive: false,
    }));
    const registry = {
      register: () => Promise.reject(new Error("not asked for")),
      list: async () => endpoints,
      async *watch() {
        yield endpoints;
        await new Promise(() => {});
      },
      close: async () => {},
    };
    const options = { registry: registry as never, balancer: turns, connections: 2, contract: own.made, retry: false };
    const connector = connect(options as never);
    await finish(connector.ready(ShopService));
    await clock.advance(100);
    const told = new Set<string | undefined>();
    for (let call = 0; call < 12; call++)
      await assert.rejects(finish(connector.client(ShopService).where()), (error) => {
        assert.ok(error instanceof RpcError && error.message.includes("contract differs"), String(error));
        told.add(error.endpoint);
        return true;
      });
    assert.equal(told.size, 3);
    assert.equal(own.asked.length, 2);
  });

  test("a server that does not tell its contract, or tells nonsense, is called all the same", async (t) => {
    const refusing = { ...contract(two).made, breaking: () => assert.fail("nonsense") };
    for (const [settings, own] of [
      [{ reflection: false }, contract(two, [wider]).made],
      [{ authorize: () => new RpcError("permission_denied", "no") }, contract(two, [wider]).made],
      [{}, refusing],
    ] as const) {
      const { serveShop, connect, clock, finish } = simulation(t);
      const authorize = "authorize" in settings && {
        authorize: ({ method }: { method: { service: string } }) =>
          method.service === "rpc.Reflection" ? settings.authorize() : undefined,
      };
      await serveShop("a", { contract: contract(one).made, ...settings, ...authorize });
      const { said, logger } = warnings();
      const connector = connect({ address: "memory://a", contract: own, logger });
      assert.equal(await finish(connector.client(ShopService).where()), "a");
      await clock.settle();
      assert.deepEqual(said, []);
    }
  });

  test("a generated descriptor's own hash counts where no contract is given", async (t) => {
    const { serveShop, connect, clock, finish } = simulation(t);
    interface Ping {
      ping(): string;
    }
    const at = (schemaHash: string) => defineService<Ping>("Ping", { ping: { schemaHash } });
    await serveShop("a", {
      services: [bind(at(one), { ping: () => "pong" })],
      contract: { ...contract(undefined).made, describe: () => "theirs" },
    } as never);
    const own = contract(undefined, [{ method: "ping", what: "it is another one" }]);
    const connector = connect({ address: "memory://a", contract: own.made });
    assert.equal(await finish(connector.client(at(two)).ping()), "pong");
    await clock.settle();
    assert.deepEqual(own.asked, [["Ping", "theirs"]]);
    assert.equal(await finish(connector.client(at(one)).ping()), "pong");
    await clock.settle();
    assert.equal(own.asked.length, 1);
  });

  test("what is no contract is refused by name", (t) => {
    const { connect, serveShop } = simulation(t);
    const wrong = { services: {} } as never;
    assert.throws(() => connect({ address: "memory://a", contract: wrong }), {
      reason: "BAD_OPTION",
      message: /contract/,
    });
    return assert.rejects(serveShop("a", { contract: wrong }), { reason: "BAD_OPTION", message: /contract/ });
  });
});
