import assert from "node:assert/strict";
import { test } from "node:test";
import type { Balancer, Picker } from "../contract/balancer.js";
import { RpcError } from "../contract/errors.js";
import type { Explanation } from "../contract/explanation.js";
import { createDispatcher } from "../host/dispatcher.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import { batch } from "./batch.js";
import { createClient, withOptions } from "./create-client.js";
import { endpointAt, listedRegistry } from "./listed-registry.fixture.js";
import { ShopService, simulation, turns } from "./simulation.fixture.js";

const scored: Balancer = () => {
  const listed = turns();
  return (ready): Picker =>
    Object.assign(listed(ready), { scoreOf: ({ pending }: { pending: number }) => pending + 7 });
};

/** Servers a, which rejects its first `rejects` calls, and b; and a client that notes explanations. */
async function scene(t: Parameters<typeof simulation>[0], rejects: number) {
  const world = simulation(t);
  const registry = listedRegistry();
  const told: Explanation[] = [];
  let seen = 0;
  const reject = () =>
    seen++ < rejects ? new RpcError("resource_exhausted", "not yet", { processed: "no", retryAfterMs: 20 }) : undefined;
  await world.serveShop("a", { admissions: [reject] });
  await world.serveShop("b");
  registry.say([endpointAt("memory://a"), endpointAt("memory://b", { weight: 3 }), endpointAt("memory://gone")]);
  const shop = world.connect({ registry, balancer: scored }).client(ShopService);
  return { ...world, told, shop: withOptions(shop, { explain: (explanation) => told.push(explanation) }) };
}

test("a call explains itself: who there was to choose from, each attempt with its end, and what is left of the budget", async (t) => {
  const { shop, told, clock, finish } = await scene(t, 1);
  await clock.advance(10);
  const call = shop.slow(5);
  assert.equal(await finish(call), "b");
  assert.equal(told.length, 1);
  const { path, outcome, failMode, budgetLeft, attempts } = told[0]!;
  assert.deepEqual([path, outcome, failMode, budgetLeft], ["/shop.Shop/slow", "ok", "failover", 99]);
  assert.deepEqual(
    attempts.map(({ number, endpoint, outcome }) => `${number} ${endpoint} ${outcome}`),
    ["1 memory://a RESOURCE_EXHAUSTED", "2 memory://b ok"],
  );
  assert.ok(attempts[1]!.afterMs >= 20 && attempts[1]!.tookMs >= 5, JSON.stringify(attempts[1]));
  assert.deepEqual(
    attempts[1]!.candidates.map(({ address, state, weight, score }) => [address, state, weight, score]),
    [
      ["memory://a", "excluded", 1, 7],
      ["memory://b", "ready", 3, 7],
      ["memory://gone", "unreachable", 1, undefined],
    ],
  );
});

test("a call that failed explains itself, too: at its deadline, while it waits for an instance, and with nobody there", async (t) => {
  const { clock, connect } = simulation(t);
  const registry = listedRegistry();
  const told: Explanation[] = [];
  const shop = withOptions(connect({ registry, balancer: turns, waitForReady: true }).client(ShopService), {
    explain: (explanation) => told.push(explanation),
    timeoutMs: 50,
  });
  const call = shop.where().catch((error: RpcError) => error.reason);
  await clock.advance(100);
  assert.equal(await call, "DEADLINE_EXCEEDED");
  assert.deepEqual(
    told.map(({ outcome, attempts }) => [outcome, attempts.map((each) => [each.endpoint, each.outcome])]),
    [["DEADLINE_EXCEEDED", [[undefined, "DEADLINE_EXCEEDED"]]]],
  );
});

test("a call made twice tells of both attempts, the one that was cancelled as well", async (t) => {
  const { clock, serveShop, connect } = simulation(t);
  const Desk = defineService<{ ask(): string }>("Desk", { ask: { idempotent: true, failMode: "failbackup" } });
  const registry = listedRegistry();
  const told: Explanation[] = [];
  const after = (ms: number) => () => new Promise<string>((done) => clock.setTimer(() => done("answer"), ms));
  for (const [name, ms] of [
    ["a", 500],
    ["b", 1],
  ] as const)
    await serveShop(name, { services: [bind(Desk, { ask: after(ms) })] } as never);
  registry.say([endpointAt("memory://a"), endpointAt("memory://b")]);
  const desk = connect({ registry, balancer: turns }).client(Desk);
  const warm = withOptions(desk, { failMode: "failover" }).ask();
  await clock.advance(1_000);
  await warm;
  for (let calls = 0; calls < 2; calls++) {
    const call = withOptions(desk, { explain: (each) => told.push(each) }).ask();
    await clock.advance(1_000);
    await call;
  }
  const [twice] = told.filter(({ attempts }) => attempts.length === 2);
  assert.deepEqual(
    [
      twice?.failMode,
      twice?.outcome,
      twice?.attempts.map(({ number, endpoint, outcome }) => [number, endpoint, outcome]),
    ],
    [
      "failbackup",
      "ok",
      [
        [2, "memory://b", "ok"],
        [1, "memory://a", "CANCELLED"],
      ],
    ],
  );
});

test("calls of a batch and within the process explain themselves as far as there is something to say", async (t) => {
  const { shop, told, clock } = await scene(t, 0);
  const both = batch({ timeoutMs: 1_000 }, (on) => [on(shop).where(), on(shop).where()]);
  await clock.advance(100);
  await both;
  assert.deepEqual(
    told.map(({ attempts }) => attempts.map(({ outcome }) => outcome)),
    [["ok"], ["ok"]],
  );
  const { invoke } = createDispatcher([bind(ShopService, { where: () => "here", slow: () => "", never: () => {} })]);
  const local: Explanation[] = [];
  await withOptions(createClient(ShopService, invoke), { explain: (each) => local.push(each) }).where();
  assert.deepEqual([local[0]?.outcome, local[0]?.attempts, local[0]?.budgetLeft], ["ok", [], undefined]);
});

test("what the listener throws changes nothing for the call", async (t) => {
  const { shop, clock } = await scene(t, 0);
  const call = withOptions(shop, {
    explain: () => {
      throw new Error("listener");
    },
  }).where();
  await clock.advance(100);
  assert.equal(await call, "a");
  assert.throws(() => withOptions(shop, { explain: {} as never }), /explain must be a function/);
});
