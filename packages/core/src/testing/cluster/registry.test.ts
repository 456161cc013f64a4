import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Balancer } from "../../contract/balancer.js";
import type { Endpoint } from "../../contract/registry.js";
import { bind } from "../../service/bind.js";
import { defineService } from "../../service/define-service.js";
import { createCluster } from "./cluster.js";
import type { SimulatedProcess } from "./process.js";

const WhoService = defineService<{ who(): string }>("Who", { who: {} });
const never = new AbortController().signal;

/** Takes the first that a retry does not leave out. */
const first: Balancer = () => (ready) => (call) =>
  ready.find(({ endpoint }) => !call.route?.except?.includes(endpoint.id)) ?? ready[0]!;

function serveWho(process: SimulatedProcess) {
  return process.serve({ services: [bind(WhoService, { who: () => process.instance })], registry: process.registry });
}

async function ground() {
  const cluster = createCluster();
  const [one, two, caller] = ["one", "two", "caller"].map((name) => cluster.process(name)) as [
    SimulatedProcess,
    SimulatedProcess,
    SimulatedProcess,
  ];
  await cluster.finish(Promise.all([serveWho(one), serveWho(two)]));
  const connector = caller.connect({ registry: caller.registry, balancer: first });
  const client = connector.client(WhoService);
  await cluster.finish(client.who());
  // Until the other one is ready, too.
  await cluster.advance(100);
  return { cluster, one, two, caller, client };
}

describe("the registry of a cluster", () => {
  test("tells clients where servers are, and takes a crashed one out when its lease has run out", async () => {
    const { cluster, one, caller, client } = await ground();
    assert.equal(await cluster.finish(client.who()), "one-1");
    const listed = async () => (await cluster.finish(caller.registry.list("Who", never))).map(({ id }) => id);
    one.crash();
    assert.deepEqual(await listed(), ["one-1", "two-1"]);
    await cluster.advance(11_000);
    assert.deepEqual(await listed(), ["two-1"]);
    assert.equal(await cluster.finish(client.who()), "two-1");
  });

  test("while it is down calls go on with the last list", async () => {
    const { cluster, client, caller } = await ground();
    await cluster.finish(client.who());
    cluster.registry.goDown();
    await cluster.advance(600_000);
    assert.equal(await cluster.finish(client.who()), "one-1");
    await assert.rejects(cluster.finish(caller.registry.list("Who", never)), /cannot be reached/);
    cluster.registry.comeUp();
    assert.equal((await cluster.finish(caller.registry.list("Who", never))).length, 2);
  });

  test("who holds a lease that is lost hears of it, and is registered again", async () => {
    const { cluster, caller } = await ground();
    cluster.registry.loseLeases();
    assert.equal((await cluster.finish(caller.registry.list("Who", never))).length, 0);
    await cluster.advance(10_000);
    assert.equal((await cluster.finish(caller.registry.list("Who", never))).length, 2);
  });

  test("a silent registry keeps changes from watchers until it speaks, and one that claims to be empty says so", async () => {
    const { cluster, one, caller } = await ground();
    const seen: number[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const list of caller.registry.watch("Who", stop.signal) as AsyncIterable<readonly Endpoint[]>) {
        seen.push(list.length);
      }
    })();
    await cluster.advance(10);
    cluster.registry.fallSilent();
    one.crash();
    await cluster.advance(20_000);
    assert.deepEqual(seen, [2]);
    cluster.registry.speak();
    await cluster.advance(10);
    cluster.registry.claimEmpty();
    await cluster.advance(10);
    assert.deepEqual(seen, [2, 1, 0]);
    stop.abort();
    await cluster.finish(watching);
  });
});
