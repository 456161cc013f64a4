import assert from "node:assert/strict";
import { test } from "node:test";
import { roundRobin } from "@rpc/balancer";
import { type Binding, bind, connect, type Endpoint, type Registry, RpcError, serve } from "@rpc/core";
import { tally, testCandidate } from "@rpc/core/testing";
import { atEnd } from "../../wire/ground/at-end.js";
import { balancers } from "./balancers.js";
import { CartsService, carts, openCarts, shop } from "./by-key.js";
import { explained } from "./explaining.js";
import { openPrices, PricesService, patiently } from "./failing.js";
import { CacheService, evictEverywhere, findAnywhere, whoFailed } from "./to-many.js";

type Test = Parameters<typeof atEnd>[0];

/** A registry that lists what it was given. */
function listing(addresses: readonly string[]): Registry {
  const list: Endpoint[] = addresses.map((address) => ({ id: address, address, weight: 1, tags: {}, inactive: false }));
  return {
    list: async () => list,
    async *watch(_service: string, signal: AbortSignal) {
      yield list;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  } as unknown as Registry;
}

async function serving(t: Test, services: readonly Binding[]): Promise<string> {
  const server = await serve({ services });
  atEnd(t, () => server.close());
  return server.address;
}

test("docs/balancing.md: each balancer that is shown picks somebody", () => {
  const ready = ["a", "b", "c"].map((id, i) =>
    testCandidate(id, { tags: { zone: i === 0 ? "eu" : "us", version: "2", group: "canary" } }),
  );
  for (const [name, balancer] of Object.entries(balancers)) assert.ok(tally(balancer()(ready), 30).size > 0, name);
});

test("docs/balancing.md: one user's calls go to one server, the call's own key before the method's", async (t) => {
  const addresses = await Promise.all(["one", "two", "three"].map((name) => serving(t, [carts(name)])));
  const connector = openCarts(listing(addresses));
  atEnd(t, () => connector.close());
  assert.ok(CartsService.methods.length === 1);
  // Each server is connected to before it is asked where keys belong.
  await Promise.all(
    addresses.map((only) =>
      connector
        .client(CartsService)
        .add(only, "")
        .catch(() => {}),
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  const said = await shop(connector);
  assert.equal(new Set(said.map((line) => line.split(" at ")[1])).size, 1, `${said}`);
});

test("docs/fault-tolerance.md: the last known price comes where no server answers, a change fails, a patient call is refused as it is", async (t) => {
  const down = (): never => {
    throw new RpcError("unavailable", "the database is away");
  };
  const address = await serving(t, [bind(PricesService, { of: down, change: down })]);
  const connector = openPrices(listing([address]), () => 42);
  atEnd(t, () => connector.close());
  const prices = connector.client(PricesService);
  assert.equal(await prices.of("tea"), 42);
  await assert.rejects(prices.change("tea", 1), { code: "unavailable", attempts: 1 });
  await assert.rejects(patiently(prices).change("tea", 1), { code: "unavailable", attempts: 1 });
});

test("docs/fault-tolerance.md: one call for each server, and what becomes of them", async (t) => {
  const cache = (found: boolean) =>
    bind(CacheService, {
      evict: () => {
        if (found) return 1;
        throw new RpcError("not_found", "no such key");
      },
      has: (key) => {
        if (found) return key;
        throw new RpcError("not_found", "no such key");
      },
    });
  const good = await serving(t, [cache(true)]);
  const bad = await serving(t, [cache(false)]);
  const some = connect({ registry: listing([good, bad]), balancer: roundRobin });
  const well = connect({ registry: listing([good]), balancer: roundRobin });
  atEnd(t, () => Promise.all([some.close(), well.close()]));
  assert.deepEqual(await evictEverywhere(well.client(CacheService), "k"), [1]);
  await assert.rejects(evictEverywhere(some.client(CacheService), "k"), { code: "not_found", processed: "yes" });
  assert.deepEqual(await whoFailed(some.client(CacheService), "k"), [bad]);
  assert.equal(await findAnywhere(some.client(CacheService), "k"), "k");
});

test("docs/fault-tolerance.md: a call says what it did, a line for each attempt", async (t) => {
  const address = await serving(t, [carts("one")]);
  const connector = connect({ registry: listing([address]), balancer: balancers["usual"]! });
  atEnd(t, () => connector.close());
  const lines: string[] = [];
  const client = explained(connector.client(CartsService), (line) => lines.push(line));
  await client.add("ada", "tea");
  await client.add("ada", "tea");
  assert.match(lines[2]!, new RegExp(`^/Carts/add, attempt 1: ${address}, ok; of ${address} ready \\d`));
  assert.match(lines[3]!, /^\/Carts\/add: ok, 100 retries left$/);
});
