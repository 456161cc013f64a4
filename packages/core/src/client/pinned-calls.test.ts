import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Balancer } from "../contract/balancer.js";
import type { Transport } from "../contract/transport.js";
import { withOptions } from "./create-client.js";
import { endpointAt, listedRegistry } from "./listed-registry.fixture.js";
import { ShopService, simulation, turns } from "./simulation.fixture.js";

const A = "memory://a";
const B = "memory://b";
const at = (only: string) => ({ route: { only } });

describe("a list longer than the client's subset", () => {
  const many = Array.from({ length: 20 }, (_, i) => `memory://s${i}`);

  test("is connected to in part, always the same for one client, and in whole for a balancer that wants it", async (t) => {
    const whole: Balancer = Object.assign(() => turns(), { whole: true });
    for (const [balancer, expected] of [
      [turns, 5],
      [turns, 5],
      [whole, 20],
    ] as const) {
      const { dialled, serveShop, connect, finish } = simulation(t);
      const registry = listedRegistry();
      for (const address of many) await serveShop(address.slice(9));
      registry.say(many.map((address) => endpointAt(address)));
      const shop = connect({ registry, balancer, subset: 5, subsetIndex: 3 }).client(ShopService);
      await finish(shop.where());
      assert.equal(dialled.length, expected);
    }
  });

  test("a call pinned to one outside goes there, over a connection that is given back after a minute", async (t) => {
    const { clock, dialled, serveShop, connect, finish } = simulation(t);
    const registry = listedRegistry();
    const servers = new Map<string, Awaited<ReturnType<typeof serveShop>>>();
    for (const address of many) servers.set(address, await serveShop(address.slice(9)));
    registry.say(many.map((address) => endpointAt(address)));
    const shop = connect({ registry, balancer: turns, subset: 5, subsetIndex: 3 }).client(ShopService);
    await finish(shop.where());
    const outside = many.find((address) => !dialled.includes(address))!;
    assert.equal(await finish(withOptions(shop, at(outside)).where()), outside.slice(9));
    for (let call = 0; call < 20; call++)
      assert.notEqual(await finish(shop.where()), outside.slice(9), "it is no candidate");
    assert.equal(servers.get(outside)!.connections, 1);
    await clock.advance(61_000);
    assert.equal(servers.get(outside)!.connections, 0);
    assert.equal(await finish(withOptions(shop, at(outside)).where()), outside.slice(9));
  });
});

describe("a pinned call", () => {
  test("waits while its endpoint is connected to, and is not sent to another", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const registry = listedRegistry();
    registry.say([endpointAt(A), endpointAt(B)]);
    await serveShop("a");
    await serveShop("b");
    const shop = connect({ registry, balancer: turns }).client(ShopService);
    const calls = [A, B, B, A].map((only) => outcome(withOptions(shop, at(only)).where()));
    await clock.advance(10);
    assert.deepEqual(
      (await Promise.all(calls)).map(({ answer }) => answer),
      ["a", "b", "b", "a"],
    );
  });

  test("fails where its endpoint cannot be reached, at once and by name, though another could be", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const registry = listedRegistry();
    registry.say([endpointAt(A), endpointAt(B)]);
    await serveShop("a");
    const shop = connect({ registry, balancer: turns }).client(ShopService);
    for (let time = 0; time < 2; time++) {
      const call = outcome(withOptions(shop, at(B)).where());
      await clock.advance(10);
      const { error } = await call;
      assert.deepEqual([error?.reason, error?.processed, error?.endpoint], ["CONNECT_FAILED", "no", B]);
    }
    assert.equal((await outcome(shop.where())).answer, "a");
  });

  test("to who is not listed fails, naming the service and the endpoint", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const registry = listedRegistry();
    registry.say([endpointAt(A)]);
    await serveShop("a");
    const shop = connect({ registry, balancer: turns }).client(ShopService);
    await outcome(shop.where());
    const call = outcome(withOptions(shop, at("memory://gone")).where());
    await clock.advance(10);
    const { error } = await call;
    assert.deepEqual([error?.code, error?.reason, error?.processed], ["unavailable", "NO_ENDPOINT", "no"]);
    assert.match(error!.message, /shop\.Shop has no endpoint "memory:\/\/gone"/);
  });

  test("goes to an endpoint that is left out for its failures, and to the one address there is", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    await serveShop("a");
    const shop = connect({ address: A }).client(ShopService);
    const call = outcome(withOptions(shop, at(A)).where());
    await clock.advance(10);
    assert.equal((await call).answer, "a");
  });

  test("that waits for an endpoint which is then listed no more fails at once", async (t) => {
    const { clock, transports, connect, outcome } = simulation(t);
    const { listen } = transports["memory"]!;
    const registry = listedRegistry();
    registry.say([endpointAt(A), endpointAt(B)]);
    const stuck: Transport["connect"] = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const never = { memory: { listen, connect: stuck } };
    const shop = connect({ registry, balancer: turns, transports: never }).client(ShopService);
    const call = outcome(withOptions(shop, at(A)).where());
    await clock.advance(100);
    registry.say([endpointAt(B)]); // a list without anybody would not be believed
    await clock.advance(100);
    assert.deepEqual([(await call).error?.reason, (await call).at < 300], ["NO_ENDPOINT", true]);
  });

  for (const [what, before, after] of [
    ["enters the client's subset", [A, B], [A]],
    ["leaves the client's subset", [A], [A, B]],
  ] as const)
    test(`waits on where its endpoint ${what}, or stays there`, async (t) => {
      for (const pin of [A, B]) {
        const { clock, transports, serveShop, connect, outcome } = simulation(t);
        const { listen, connect: dial } = transports["memory"]!;
        const registry = listedRegistry();
        const listed = (addresses: readonly string[]) =>
          registry.say(addresses.map((address) => endpointAt(address === A ? pin : pin === A ? B : A)));
        const opened: (() => void)[] = [];
        let open = false;
        const slow: Transport["connect"] = async (address, signal) => {
          if (address === pin && !open) await new Promise<void>((resolve) => opened.push(resolve));
          return dial(address, signal);
        };
        await serveShop("a");
        await serveShop("b");
        listed(before);
        const settings = { subset: 1, subsetIndex: 0, transports: { memory: { listen, connect: slow } } };
        const shop = connect({ registry, balancer: turns, ...settings }).client(ShopService);
        const call = outcome(withOptions(shop, at(pin)).where());
        await clock.advance(200);
        listed(after);
        await clock.advance(200);
        open = true;
        for (const resolve of opened) resolve();
        await clock.advance(1_000);
        assert.equal((await call).answer, pin.slice(9));
      }
    });
});

test("an endpoint that the balancer would never pick is not connected to", async (t) => {
  const { dialled, serveShop, connect, finish } = simulation(t);
  const registry = listedRegistry();
  await serveShop("a");
  await serveShop("b");
  registry.say([endpointAt(A), endpointAt(B, { tags: { group: "canary" } })]);
  const balancer: Balancer = Object.assign(() => turns(), {
    admits: ({ tags }: { readonly tags: Readonly<Record<string, string>> }) => tags["group"] === "canary",
  });
  const shop = connect({ registry, balancer }).client(ShopService);
  for (let call = 0; call < 4; call++) assert.equal(await finish(shop.where()), "b");
  assert.deepEqual(dialled, [B]);
});
