import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Balancer } from "../contract/balancer.js";
import type { Handlers } from "../contract/client.js";
import { RpcError } from "../contract/errors.js";
import type { ConnectSettings } from "./connect-options.js";
import { withOptions } from "./create-client.js";
import { endpointAt, listedRegistry } from "./listed-registry.fixture.js";
import { type Shop, ShopService, simulation, turns } from "./simulation.fixture.js";

type Test = Parameters<typeof simulation>[0];

/** Servers of which those in `sick` fail every call with `fail`, and a client that counts who is asked. */
async function fleet(
  t: Test,
  names: readonly string[],
  settings: Partial<ConnectSettings> & { readonly balancer?: Balancer } = {},
  handlersOf: (name: string) => Partial<Handlers<Shop>> = () => ({}),
) {
  const { clock, serveShop, connect, outcome, finish } = simulation(t);
  const sick = new Set<string>();
  const asked = new Map<string, number>();
  let fail = (): Error => new RpcError("unavailable", "sick");
  const registry = listedRegistry();
  const warned: string[] = [];
  const serve = (name: string) => {
    const where: Partial<Handlers<Shop>> = {
      where: () => {
        asked.set(name, (asked.get(name) ?? 0) + 1);
        if (sick.has(name)) throw fail();
        return name;
      },
      ...handlersOf(name),
    };
    return serveShop(name, {}, where);
  };
  for (const name of names) await serve(name);
  registry.say(names.map((name) => endpointAt(`memory://${name}`)));
  const quiet = () => {};
  const connector = connect({
    registry,
    balancer: turns,
    retry: false,
    logger: { debug: quiet, info: quiet, warn: (line) => warned.push(line), error: quiet },
    ...settings,
  });
  const shop = connector.client(ShopService);
  await finish(shop.where());
  await clock.advance(100);
  return {
    clock,
    connector,
    sick,
    shop,
    warned,
    registry,
    serve,
    failWith: (with_: () => Error) => {
      fail = with_;
    },
    /** Makes calls one after the other, and returns who was asked how often. */
    async calls(count: number): Promise<Record<string, number>> {
      asked.clear();
      for (let call = 0; call < count; call++) {
        const ended = outcome(shop.where());
        await clock.advance(1);
        await ended;
      }
      return Object.fromEntries([...asked].sort());
    },
  };
}

describe("an endpoint that fails its calls", () => {
  test("gets none after five in a row, for 5 s, and then again; the log says so once", async (t) => {
    const { clock, sick, calls, warned } = await fleet(t, ["a", "b", "c"]);
    sick.add("b");
    assert.equal((await calls(60))["b"], 5);
    assert.deepEqual(warned, ["memory://b gets no calls of shop.Shop for 5 s: 5 calls in a row failed"]);
    sick.delete("b");
    await clock.advance(4_500);
    assert.equal((await calls(9))["b"], undefined);
    await clock.advance(750);
    assert.equal((await calls(9))["b"], 3);
  });

  test("is counted: how many are left out now, and how often one was", async (t) => {
    const { clock, connector, sick, calls } = await fleet(t, ["a", "b", "c"]);
    const counted = () => [connector.stats().ejected, connector.stats().ejections];
    sick.add("b");
    await calls(60);
    assert.deepEqual(counted(), [1, 1]);
    await clock.advance(5_500);
    assert.deepEqual(counted(), [0, 1]);
    await calls(60);
    assert.deepEqual(counted(), [1, 2]);
    connector.resetStats();
    assert.deepEqual(counted(), [1, 0]);
  });

  test("is left out for longer each time", async (t) => {
    const { clock, sick, calls } = await fleet(t, ["a", "b", "c"]);
    sick.add("b");
    for (const spellMs of [5_000, 10_000, 15_000]) {
      assert.equal((await calls(60))["b"], 5);
      await clock.advance(spellMs - 1_000);
      assert.equal((await calls(9))["b"], undefined);
      await clock.advance(1_500);
    }
  });

  test("is not left out for what applications answer, nor for rejections for overload", async (t) => {
    const { sick, calls, failWith } = await fleet(t, ["a", "b", "c"]);
    sick.add("b");
    for (const error of [
      new Error("application"),
      new RpcError("not_found", "application"),
      new RpcError("internal", "application"),
      new RpcError("resource_exhausted", "busy", { retryAfterMs: 5 }),
    ]) {
      failWith(() => error);
      assert.equal((await calls(60))["b"], 20);
    }
  });

  test("and has left the list is not held against those that are on it", async (t) => {
    const lost = (name: string): Partial<Handlers<Shop>> =>
      name === "d" ? { slow: () => new Promise(() => {}) } : { slow: () => name };
    const { clock, connector, registry, shop, sick, calls } = await fleet(t, ["a", "b", "c", "d"], {}, lost);
    const late = withOptions(shop, { timeoutMs: 5_000 });
    const slow = Promise.allSettled(Array.from({ length: 24 }, () => late.slow(0)));
    await clock.advance(100);
    registry.say(["a", "b", "c"].map((name) => endpointAt(`memory://${name}`)));
    await clock.advance(6_000);
    assert.equal((await slow).filter(({ status }) => status === "rejected").length, 6);
    assert.equal(connector.stats().ejected, 0);
    sick.add("b");
    assert.equal((await calls(60))["b"], 5, "one of three may be left out");
  });

  test("of two one may be left out, of three one, of four two: never more than half", async (t) => {
    for (const [names, left] of [
      [["a", "b"], 1],
      [["a", "b", "c"], 2],
      [["a", "b", "c", "d"], 2],
    ] as const) {
      const { sick, calls } = await fleet(t, names);
      for (const name of names.slice(1)) sick.add(name);
      await calls(100);
      assert.equal(Object.keys(await calls(20)).length, left, `${names.length} endpoints`);
    }
  });

  test("that is the only one keeps its calls, whatever it does: there is never no endpoint by our own doing", async (t) => {
    const { sick, calls } = await fleet(t, ["a"]);
    sick.add("a");
    assert.equal((await calls(100))["a"], 100);
  });

  test("comes back where too many others have gone meanwhile: fewer than half that are well means all that are ready", async (t) => {
    const { clock, sick, calls, registry } = await fleet(t, ["a", "b", "c"]);
    sick.add("b");
    await calls(60);
    registry.say([
      endpointAt("memory://a"),
      endpointAt("memory://b"),
      endpointAt("memory://d"),
      endpointAt("memory://e"),
    ]);
    await clock.advance(100);
    assert.deepEqual(Object.keys(await calls(10)), ["a", "b"], "one of four is well");
  });

  test("is left out as the options say, or never", async (t) => {
    const never = await fleet(t, ["a", "b", "c"], { ejection: false });
    never.sick.add("b");
    assert.equal((await never.calls(60))["b"], 20);
    const soon = await fleet(t, ["d", "e", "f"], { ejection: { failuresInARow: 1, ejectMs: 1_000 } });
    soon.sick.add("e");
    assert.equal((await soon.calls(60))["e"], 1);
    await soon.clock.advance(1_250);
    assert.equal((await soon.calls(60))["e"], 1);
  });

  test("of ten calls in flight five expire: the server that hangs is left out, and idempotent calls never wait for it again", async (t) => {
    const { clock, serveShop, connect } = simulation(t);
    const registry = listedRegistry();
    await serveShop("a");
    await serveShop("b", {}, { slow: () => new Promise(() => {}) });
    registry.say([endpointAt("memory://a"), endpointAt("memory://b")]);
    const shop = connect({ registry, balancer: turns, timeoutMs: 100 }).client(ShopService);
    const warm = shop.where();
    await clock.advance(100);
    await warm;
    const first = Promise.allSettled(Array.from({ length: 10 }, () => shop.slow(10)));
    await clock.advance(200);
    assert.equal((await first).filter(({ status }) => status === "rejected").length, 5);
    const second = Promise.allSettled(Array.from({ length: 10 }, () => shop.slow(10)));
    await clock.advance(200);
    assert.equal((await second).filter(({ status }) => status === "rejected").length, 0);
  });
});

describe("an endpoint that joins others", () => {
  test("gets a tenth of its share at first, and all of it after 10 s", async (t) => {
    const shares: number[] = [];
    const { clock, calls, registry, serve } = await fleet(t, ["a", "b"], {
      balancer: () => (ready) => {
        const fresh = ready.find(({ endpoint }) => endpoint.id === "memory://new");
        if (fresh !== undefined) shares.push(fresh.warmth);
        return () => ready[0]!;
      },
    });
    await serve("new");
    registry.say(["a", "b", "new"].map((name) => endpointAt(`memory://${name}`)));
    await clock.advance(11_000);
    await calls(1);
    assert.deepEqual(shares, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  });

  test("has its whole share at once where all are new, after a reconnect, and with warmUpMs 0", async (t) => {
    for (const warmUpMs of [10_000, 0]) {
      const seen: number[] = [];
      const { clock, registry, serve } = await fleet(t, ["a", "b"], {
        warmUpMs,
        balancer: () => (ready) => {
          seen.push(...ready.map(({ warmth }) => warmth));
          return () => ready[0]!;
        },
      });
      if (warmUpMs === 0) {
        await serve("new");
        registry.say(["a", "b", "new"].map((name) => endpointAt(`memory://${name}`)));
        await clock.advance(1_000);
      }
      assert.ok(seen.length > 0 && seen.every((warmth) => warmth === 1), `${seen}`);
    }
  });
});
