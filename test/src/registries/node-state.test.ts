import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Balancer,
  bind,
  connect,
  defineService,
  type Endpoint,
  memoryTransport,
  RpcError,
  serve,
  withOptions,
} from "@rpc/core";
import { memoryRegistry, memoryStore } from "@rpc/registry-memory";
import { atEnd, closedAtEnd, type Ending } from "../wire/ground/at-end.js";
import { until } from "../wire/ground/until.js";

interface Greeter {
  greet(): string;
}
const GreeterService = defineService<Greeter>("Greeter", { greet: {} });
const OtherService = defineService<Greeter>("Other", { greet: {} });

/** A server with two services, and what a balancer of a client sees of the first. */
async function scene(t: Ending) {
  const store = memoryStore();
  const transports = { memory: memoryTransport() };
  const registry = memoryRegistry(store);
  const server = await serve({
    services: [GreeterService, OtherService].map((service) => bind(service, { greet: () => "Hello" })),
    listen: "memory://greeter",
    transports,
    registry,
    weight: 2,
    tags: { owner: "us", zone: "left" },
    zone: "eu-1",
    group: "canary",
    version: "1.2.3",
    latitude: 52.5,
    longitude: 13.4,
  });
  closedAtEnd(t, server);
  let seen: readonly Endpoint[] = [];
  const balancer: Balancer = () => (ready) => {
    seen = ready.map(({ endpoint }) => endpoint);
    return () => ready[0]!;
  };
  const connector = connect({ registry: memoryRegistry(store), balancer, transports });
  closedAtEnd(t, connector);
  const greeter = connector.client(GreeterService);
  await greeter.greet();
  const operator = memoryRegistry(store);
  atEnd(t, () => operator.close());
  return { server, registry, operator, greeter, seen: () => seen[0]! };
}

const named = { owner: "us", zone: "eu-1", group: "canary", version: "1.2.3", latitude: "52.5", longitude: "13.4" };

test("what a server says of itself by name is among its tags, for whoever chooses by it", async (t) => {
  const { seen } = await scene(t);
  assert.deepEqual([seen().weight, seen().tags], [2, named]);
});

test("a server changes its state while it runs: clients see it at once, under each of its services", async (t) => {
  const { server, operator, seen } = await scene(t);
  await server.setState({ weight: 5, group: "", zone: "eu-2" });
  await until("the client sees it", () => seen().weight === 5);
  const { group: _gone, ...left } = named;
  assert.deepEqual(seen().tags, { ...left, zone: "eu-2" });
  const [other] = await operator.list("Other", new AbortController().signal);
  assert.deepEqual([other?.weight, other?.tags["zone"]], [5, "eu-2"]);
});

test("an operator takes a server out of service and back, and the server keeps that when it changes something else", async (t) => {
  const { server, operator, greeter, seen } = await scene(t);
  await operator.setState("Greeter", server.instance, { inactive: true });
  const impatient = withOptions(greeter, { timeoutMs: 100 });
  let refused: unknown;
  while (refused === undefined) {
    await impatient.greet().catch((error: unknown) => {
      refused = error;
    });
  }
  assert.equal((refused as RpcError).processed, "no", "it was not sent");
  await server.setState({ weight: 7 });
  const [listed] = await operator.list("Greeter", new AbortController().signal);
  assert.deepEqual([listed?.weight, listed?.inactive], [7, true]);
  await operator.setState("Greeter", server.instance, { inactive: false });
  await until("it is used again", () => seen().weight === 7);
  assert.equal(await greeter.greet(), "Hello");
});

test("a state that cannot be, and one of a server that is registered nowhere or closed, is refused", async (t) => {
  const { server } = await scene(t);
  await assert.rejects(server.setState({ latitude: 100 }), TypeError);
  await assert.rejects(server.setState({ weight: -1 }), TypeError);
  await server.close();
  const alone = await serve({ services: [bind(GreeterService, { greet: () => "Hello" })] });
  closedAtEnd(t, alone);
  for (const unregistered of [server, alone])
    await assert.rejects(
      unregistered.setState({ weight: 1 }),
      (error) => error instanceof RpcError && error.reason === "NOT_REGISTERED",
    );
  for (const wrong of [{ latitude: 91 }, { longitude: Number.NaN }, { zone: 7 as never }])
    await assert.rejects(serve({ services: [], ...wrong }), { reason: "BAD_OPTION" });
});
