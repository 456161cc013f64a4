import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Balancer, Candidate } from "../contract/balancer.js";
import type { Clock } from "../contract/clock.js";
import { RpcError } from "../contract/errors.js";
import type { Endpoint } from "../contract/registry.js";
import type { Transport } from "../contract/transport.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import { withOptions } from "./create-client.js";
import { endpointAt, listedRegistry } from "./listed-registry.fixture.js";
import { type Shop, ShopService, simulation, turns } from "./simulation.fixture.js";

const A = "memory://a";
const B = "memory://b";

describe("calls made before there is a server", () => {
  test("wait for it, and succeed as soon as it is there", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const shop = connect({ address: A }).client(ShopService);
    const calls = [1, 2, 3].map(() => outcome(shop.where()));
    await clock.advance(3_000);
    await serveShop("a");
    await clock.advance(2_000);
    const outcomes = await Promise.all(calls);
    for (const { answer, at } of outcomes) assert.ok(answer === "a" && at < 5_000, `${answer} at ${at}`);
  });

  test("wait for the first list, too", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const registry = listedRegistry();
    const shop = connect({ registry, balancer: turns }).client(ShopService);
    const call = outcome(shop.where());
    await serveShop("a");
    await clock.advance(1_000);
    registry.say([endpointAt(A)]);
    await clock.advance(10);
    assert.equal((await call).answer, "a");
  });

  test("fail after 5 s, with the service, the endpoint and the cause by name, and at once from then on", async (t) => {
    const { clock, connect, outcome } = simulation(t);
    const shop = connect({ address: A }).client(ShopService);
    const call = outcome(shop.where());
    await clock.advance(5_020);
    const { error, at } = await call;
    assert.ok(at >= 5_000, `at ${at}`);
    assert.deepEqual([error?.code, error?.reason, error?.processed], ["unavailable", "CONNECT_FAILED", "no"]);
    assert.equal(error?.message, `shop.Shop at ${A} is not reachable: cannot connect to ${A}: nobody listens there`);
    const next = await outcome(shop.where());
    assert.deepEqual([next.error?.reason, next.at], ["CONNECT_FAILED", clock.now()]);
  });

  test("succeed again once the server has come after all", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const shop = connect({ address: A }).client(ShopService);
    const early = outcome(shop.where());
    await clock.advance(20_000);
    assert.equal((await early).error?.code, "unavailable");
    await serveShop("a");
    await clock.advance(30_000);
    assert.equal((await outcome(shop.where())).answer, "a");
  });

  test("wait for an endpoint that was listed a moment ago, however long none was there before", async (t) => {
    const { clock, transports, serveShop, connect, outcome } = simulation(t);
    const { listen, connect: dial } = transports["memory"]!;
    const slow: Transport = {
      listen,
      async connect(address, signal) {
        await new Promise<void>((resolve) => clock.setTimer(resolve, 300));
        return dial(address, signal);
      },
    };
    const registry = listedRegistry();
    registry.say([]);
    const connector = connect({ registry, balancer: turns, transports: { memory: slow } });
    const shop = connector.client(ShopService);
    const early = outcome(shop.where());
    await clock.advance(20_000);
    assert.equal((await early).error?.reason, "NO_ENDPOINT");
    await serveShop("a");
    registry.say([endpointAt(A), endpointAt(B)]);
    await clock.advance(10);
    const call = outcome(shop.where());
    await clock.advance(1_000);
    assert.equal((await call).answer, "a");
  });

  test("fail as soon as the last of the endpoints that were listed late has failed, too", async (t) => {
    const { clock, connect, outcome } = simulation(t);
    const registry = listedRegistry();
    registry.say([]);
    const shop = connect({ registry, balancer: turns }).client(ShopService);
    const early = outcome(shop.where());
    await clock.advance(20_000);
    await early;
    const call = outcome(shop.where());
    assert.equal((await call).error?.reason, "NO_ENDPOINT");
    registry.say([endpointAt(A), endpointAt(B)]);
    await clock.advance(10);
    const late = await outcome(shop.where());
    assert.deepEqual([late.error?.reason, late.at], ["CONNECT_FAILED", clock.now()]);
    assert.match(late.error?.message ?? "", /nor is any other of its 2 endpoints/);
  });

  test("wait to the end of their deadline where that was asked for", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const shop = connect({ address: A, waitForReady: true }).client(ShopService);
    const first = outcome(shop.where());
    await clock.advance(10_005);
    assert.deepEqual([(await first).error?.code, (await first).error?.processed], ["deadline_exceeded", "no"]);
    const second = outcome(shop.where());
    await serveShop("a");
    await clock.advance(9_900);
    assert.equal((await second).answer, "a");
  });

  test("wait to the end of their deadline where a call asks for it, beside others that do not, and the other way around", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const hasty = connect({ address: A }).client(ShopService);
    const [waits, fails] = [outcome(withOptions(hasty, { waitForReady: true }).where()), outcome(hasty.where())];
    const patient = connect({ address: B, waitForReady: true }).client(ShopService);
    const [failsToo, waitsToo] = [
      outcome(withOptions(patient, { waitForReady: false }).where()),
      outcome(patient.where()),
    ];
    await clock.advance(5_500);
    assert.deepEqual([(await fails).error?.code, (await failsToo).error?.code], ["unavailable", "unavailable"]);
    const pinned = outcome(withOptions(hasty, { waitForReady: true, route: { only: A } }).where());
    await clock.advance(1_000);
    await serveShop("a");
    await serveShop("b");
    await clock.advance(3_000);
    assert.deepEqual(
      [(await waits).answer, (await waitsToo).answer, (await pinned).answer],
      ["a", "b", "a"],
      (await waits).error?.message,
    );
  });

  test("are not held up by a list that grows one by one, where its balancer takes its time for each", async (t) => {
    const { clock, serveShop, connect, finish } = simulation(t);
    const names = Array.from({ length: 40 }, (_, n) => `s${n}`);
    for (const name of names) await serveShop(name);
    let [lateMs, made] = [0, 0];
    const slow: Balancer = () => (ready) => {
      made++;
      lateMs += 15;
      return () => ready.at(-1)!;
    };
    const registry = listedRegistry();
    const late: Clock = {
      now: () => clock.now() + lateMs,
      setTimer: (run, delayMs) => clock.setTimer(run, delayMs),
      atEndOfTurn: (run) => clock.atEndOfTurn(run),
      afterReads: (run) => clock.afterReads(run),
    };
    const shop = connect({ registry, balancer: slow, clock: late }).client(ShopService);
    const first = shop.where();
    for (const [n] of names.entries()) {
      registry.say(names.slice(0, n + 1).map((name) => endpointAt(`memory://${name}`)));
      await clock.advance(5);
    }
    await first;
    await clock.advance(250);
    assert.equal(await finish(shop.where()), "s39");
    assert.ok(made <= 10, `made anew ${made} times in 200 ms`);
  });

  test("are not held up where many instances are lost at once, and go to none of those", async (t) => {
    const { clock, serveShop, connect, finish } = simulation(t);
    const names = Array.from({ length: 40 }, (_, n) => `s${n}`);
    const servers = [];
    for (const name of names) servers.push(await serveShop(name));
    let [made, next] = [0, 0];
    const counting: Balancer = () => (ready) => {
      made++;
      return () => ready[next++ % ready.length]!;
    };
    const registry = listedRegistry();
    registry.say(names.map((name) => endpointAt(`memory://${name}`)));
    const shop = connect({ registry, balancer: counting, retry: false }).client(ShopService);
    await finish(shop.where());
    await clock.advance(1_000);
    await Promise.all(names.map(() => shop.where()));
    made = 0;
    const closed = Promise.all(servers.slice(0, 15).map((server) => server.close()));
    await clock.settle();
    const calls = Promise.all(Array.from({ length: 80 }, () => shop.where()));
    await clock.advance(5);
    const madeAtOnce = made;
    assert.equal(new Set(await calls).size, 25);
    await finish(closed);
    assert.ok(madeAtOnce <= 3, `made anew ${madeAtOnce} times`);
  });

  test("go to the instances that a filter can judge where it throws at one, and the log says so once", async (t) => {
    const { clock, serveShop, connect, finish } = simulation(t);
    await serveShop("a");
    await serveShop("b");
    const list = [endpointAt(B), endpointAt(A, { tags: { version: "2.1" } })];
    const registry = listedRegistry();
    // As each minute, whatever the watch tells.
    registry.list = async () => list;
    registry.say(list);
    const errors: string[] = [];
    const quiet = () => {};
    const shop = connect({
      registry,
      balancer: Object.assign(() => turns(), { admits: ({ tags }: Endpoint) => tags["version"]!.startsWith("2") }),
      logger: { debug: quiet, info: quiet, warn: quiet, error: (line) => errors.push(line) },
    }).client(ShopService);
    assert.equal(await finish(shop.where()), "a");
    await clock.advance(180_000);
    assert.equal(await finish(shop.where()), "a");
    assert.equal(errors.length, 1);
    assert.match(errors[0]!, /filter of the balancer of shop\.Shop failed at memory:\/\/b/);
  });

  test("fail by name where nothing is registered, and where the registry cannot be asked", async (t) => {
    const { clock, connect, outcome } = simulation(t);
    const empty = listedRegistry();
    empty.say([]);
    const call = outcome(connect({ registry: empty, balancer: turns }).client(ShopService).where());
    await clock.advance(5_020);
    const { error } = await call;
    assert.deepEqual([error?.code, error?.reason, error?.processed], ["unavailable", "NO_ENDPOINT", "no"]);
    assert.match(error?.message ?? "", /no instance of shop\.Shop is registered: is it running/);

    const gone = listedRegistry();
    gone.watch = () => {
      throw new Error("made up");
    };
    const other = outcome(connect({ registry: gone, balancer: turns }).client(ShopService).where());
    await clock.advance(5_020);
    assert.deepEqual(
      [(await other).error?.reason, (await other).error?.message],
      ["NO_REGISTRY", "the registry cannot be asked for shop.Shop"],
    );
  });

  test("say that there are instances where none of them takes calls, and why", async (t) => {
    const { clock, connect, outcome } = simulation(t);
    const registry = listedRegistry();
    registry.say([endpointAt(A, { inactive: true }), endpointAt(B), endpointAt("memory://c", { inactive: true })]);
    const balancer = Object.assign(() => turns(), { admits: ({ tags }: Endpoint) => tags["group"] === "canary" });
    const call = outcome(connect({ registry, balancer }).client(ShopService).where());
    await clock.advance(5_020);
    const { error } = await call;
    assert.deepEqual([error?.code, error?.reason, error?.processed], ["unavailable", "NO_ENDPOINT", "no"]);
    assert.match(error?.message ?? "", /takes calls, of 3 that are registered: 2 inactive .*, 1 not what the balancer/);
  });

  test("are bounded: the oldest makes room, and nothing of it is sent later", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const shop = connect({ address: A, limits: { sendQueueEntries: 3 } }).client(ShopService);
    const calls = [1, 2, 3, 4].map(() => outcome(shop.where()));
    let served = 0;
    await clock.advance(10);
    assert.equal((await calls[0])?.error?.reason, "QUEUE_EVICTED");
    await serveShop("a", {}, { where: () => `call ${++served}` });
    await clock.advance(2_000);
    assert.deepEqual(
      (await Promise.all(calls.slice(1))).map(({ answer }) => answer),
      ["call 1", "call 2", "call 3"],
    );
  });
});

describe("a server that goes", () => {
  test("and comes back elsewhere is followed through the registry, with no call lost in between", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    const registry = listedRegistry();
    const shop = connect({ registry, balancer: turns }).client(ShopService);
    const first = await serveShop("a");
    registry.say([endpointAt(A)]);
    await clock.advance(10);
    assert.equal((await finish(outcome(shop.where()))).answer, "a");
    registry.say([]);
    await finish(first.close());
    const meanwhile = outcome(shop.where());
    await clock.advance(1_000);
    await serveShop("b");
    registry.say([endpointAt(B)]);
    await clock.advance(100);
    assert.equal((await meanwhile).answer, "b");
  });

  test("without a word is called again at the same address once it is back", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    const shop = connect({ address: A }).client(ShopService);
    const first = await serveShop("a");
    assert.equal((await finish(outcome(shop.where()))).answer, "a");
    await finish(first.close());
    const meanwhile = outcome(shop.where());
    await clock.advance(1_000);
    await serveShop("a", {}, { where: () => "a again" });
    await clock.advance(1_000);
    assert.equal((await meanwhile).answer, "a again");
  });

  test("a call that was under way to it is told that it may have run, and is not sent elsewhere", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    const registry = listedRegistry();
    const shop = connect({ registry, balancer: turns }).client(ShopService);
    await serveShop("b");
    let started = 0;
    const never = () => {
      started++;
      return new Promise<never>(() => {});
    };
    const first = await serveShop("a", { drainMs: 1_000 }, { never });
    registry.say([endpointAt(A), endpointAt(B)]);
    await finish(shop.where());
    await clock.advance(100);
    const calls = [1, 2].map(() => outcome(shop.never()));
    await clock.advance(10);
    await finish(first.close());
    const { error } = await Promise.race(calls);
    assert.deepEqual([error?.code, error?.processed, error?.attempts], ["unavailable", "maybe", 1]);
    assert.equal(started, 1);
  });
});

describe("a registry that is unwell", () => {
  test("keeps its last list in force: no call fails while it is away, and it is asked again without a storm", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    const registry = listedRegistry();
    const shop = connect({ registry, balancer: turns }).client(ShopService);
    await serveShop("a");
    registry.say([endpointAt(A)]);
    assert.equal((await finish(outcome(shop.where()))).answer, "a");
    const { watch } = registry;
    let asked = 0;
    registry.watch = () => {
      asked++;
      throw new Error("made up");
    };
    registry.end(new Error("made up"));
    for (let minute = 0; minute < 10; minute++) {
      await clock.advance(60_000);
      const call = outcome(shop.where());
      await clock.settle();
      assert.equal((await call).answer, "a");
    }
    assert.ok(asked > 10 && asked < 75, `asked ${asked} times in ten minutes`);
    registry.watch = watch;
    await clock.advance(40_000);
    assert.equal(registry.open, 1);
  });

  test("whose list holds one address that is none does not keep the others from being called", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    const registry = listedRegistry();
    const shop = connect({ registry, balancer: turns }).client(ShopService);
    await serveShop("a");
    const call = outcome(shop.where());
    registry.say([endpointAt("nonsense"), endpointAt("quic://b:1"), endpointAt(A)]);
    await clock.advance(10);
    assert.equal((await call).answer, "a");
    assert.equal(registry.watches, 1);
    for (let next = 0; next < 3; next++) assert.equal((await outcome(shop.where())).answer, "a");
  });
});

describe("what the registry says of an endpoint", () => {
  test("inactive ones are not called, nor dialled, until they are active again", async (t) => {
    const { clock, dialled, serveShop, connect, finish } = simulation(t);
    const registry = listedRegistry();
    const shop = connect({ registry, balancer: turns }).client(ShopService);
    await serveShop("a");
    await serveShop("b");
    const some = async (): Promise<string[]> => {
      const answers = await finish(Promise.all([1, 2, 3, 4].map(() => shop.where())));
      return [...new Set(answers)].sort();
    };
    registry.say([endpointAt(A), endpointAt(B, { inactive: true })]);
    assert.deepEqual(await some(), ["a"]);
    assert.deepEqual(dialled, [A]);
    registry.say([endpointAt(A), endpointAt(B)]);
    await clock.advance(100);
    assert.deepEqual(await some(), ["a", "b"]);
    registry.say([endpointAt(A, { inactive: true }), endpointAt(B)]);
    await clock.advance(100);
    assert.deepEqual(await some(), ["b"]);
  });

  test("a new weight or tag reaches the balancer without a new connection, the same list again changes nothing", async (t) => {
    const { clock, dialled, serveShop, connect, finish } = simulation(t);
    const registry = listedRegistry();
    const seen: string[] = [];
    const noting: Balancer = () => (ready: readonly Candidate[]) => {
      seen.push(ready.map(({ endpoint: { weight, tags } }) => `${weight}/${tags["zone"]}`).join());
      return () => ready[0]!;
    };
    const shop = connect({ registry, balancer: noting }).client(ShopService);
    await serveShop("a");
    registry.say([endpointAt(A, { tags: { zone: "x" } })]);
    await finish(shop.where());
    for (const from of [
      { weight: 5, tags: { zone: "x" } },
      { weight: 5, tags: { zone: "y" } },
    ]) {
      registry.say([endpointAt(A, from)]);
      await clock.advance(20);
    }
    registry.say([endpointAt(A, { weight: 5, tags: { zone: "y" } })]);
    await clock.advance(20);
    assert.deepEqual(seen, ["1/x", "5/x", "5/y"]);
    assert.deepEqual(dialled, [A]);
  });

  test("an endpoint that is listed no more gets no more calls, and its connection is given back once its calls are done", async (t) => {
    const { clock, serveShop, connect, finish, outcome } = simulation(t);
    const registry = listedRegistry();
    const shop = connect({ registry, balancer: turns }).client(ShopService);
    const [a] = [await serveShop("a"), await serveShop("b")];
    registry.say([endpointAt(A)]);
    assert.equal(await finish(shop.where()), "a");
    const slow = outcome(shop.slow(500));
    // In two steps: the one that all calls went to is not given up because of one list without it.
    registry.say([endpointAt(A), endpointAt(B)]);
    await clock.advance(100);
    registry.say([endpointAt(B)]);
    await clock.advance(100);
    assert.equal(await finish(shop.where()), "b");
    assert.equal(a.connections, 1, "its call is under way");
    await clock.advance(1_000);
    assert.equal((await slow).answer, "a");
    assert.equal(a.connections, 0);
  });

  test("a registry that lists nothing at all, while the server is there, fails no call", async (t) => {
    const { clock, serveShop, connect, finish } = simulation(t);
    const registry = listedRegistry();
    const shop = connect({ registry, balancer: turns }).client(ShopService);
    await serveShop("a");
    registry.say([endpointAt(A)]);
    assert.equal(await finish(shop.where()), "a");
    registry.say([]);
    await clock.advance(9_000);
    assert.equal(await finish(shop.where()), "a");
  });

  test("a server that says it leaves is gone with its own word, though it was the only one", async (t) => {
    const { clock, serveShop, connect, finish, outcome } = simulation(t);
    const registry = listedRegistry();
    const connector = connect({ registry, balancer: turns });
    const shop = connector.client(ShopService);
    const a = await serveShop("a");
    registry.say([endpointAt(A)]);
    assert.equal(await finish(shop.where()), "a");
    registry.say([]);
    const closed = a.close();
    await clock.advance(1_000);
    await closed;
    const failed = outcome(shop.where());
    await clock.advance(6_000);
    assert.equal((await failed).error?.reason, "NO_ENDPOINT");
  });
});

describe("a server that lacks what is called", () => {
  interface Other {
    other(): string;
  }
  const OtherService = defineService<Other>("shop.Other", { other: {} });

  test("has no such service: the endpoint leaves the channel, and is asked again after 60 s", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    const registry = listedRegistry();
    registry.say([endpointAt(A), endpointAt(B)]);
    const other = connect({ registry, balancer: turns }).client(OtherService);
    await serveShop("a");
    const server = await serveShop("b", { services: [bind(OtherService, { other: () => "b" })] } as never);
    for (let call = 0; call < 4; call++) assert.equal(await finish(other.other()), "b");
    await finish(server.close());
    const alone = outcome(other.other());
    await clock.advance(6_000);
    const { error } = await alone;
    assert.equal(error?.code, "unavailable");
    assert.match(error?.message ?? "", /the process at memory:\/\/a has no service "shop\.Other"|memory:\/\/b/);
  });

  test("alone: calls fail by name after 5 s, and succeed once it has the service", async (t) => {
    const { clock, serveShop, connect, outcome, finish } = simulation(t);
    const other = connect({ address: A }).client(OtherService);
    const server = await serveShop("a");
    const call = outcome(other.other());
    await clock.advance(5_020);
    const { error } = await call;
    assert.deepEqual([error?.code, error?.reason, error?.processed], ["unavailable", "NO_SERVICE", "no"]);
    assert.equal(
      error?.message,
      `shop.Other at ${A} is not reachable: the process at ${A} has no service "shop.Other"`,
    );
    await finish(server.close());
    await serveShop("a", { services: [bind(OtherService, { other: () => "at last" })] } as never);
    await clock.advance(31_000);
    assert.equal(await finish(other.other()), "at last");
  });

  test("comes to have it while the connection stays: it is asked again after 60 s", async (t) => {
    const { clock, serveShop, connect, outcome } = simulation(t);
    // A bare function answers for every name that can be one, so the service is first asked for by one that cannot.
    const late = { ...OtherService, name: "not a name" };
    await serveShop("a", { services: undefined, invoke: async () => "late" } as never);
    const client = connect({ address: A, waitForReady: true, timeoutMs: 120_000 }).client(late);
    const call = outcome(client.other());
    await clock.advance(1_000);
    late.name = "shop.Other";
    await clock.advance(60_000);
    const { answer, error, at } = await call;
    assert.equal(answer, "late", error?.message);
    assert.ok(at >= 60_000, `at ${at}`);
  });

  test("has no such method: the call fails by name with what was probably meant, and others go on", async (t) => {
    const { serveShop, connect, outcome, finish } = simulation(t);
    await serveShop("a");
    const Newer = defineService<Pick<Shop, "where"> & { wheer(): string }>("shop.Shop", { where: {}, wheer: {} });
    const newer = connect({ address: A }).client(Newer);
    const { error } = await finish(outcome(newer.wheer()));
    assert.deepEqual(
      [error?.code, error?.reason, error?.processed, error?.attempts],
      ["unimplemented", "NO_METHOD", "no", 1],
    );
    assert.equal(error?.message, `${A} has no method "wheer" in its service shop.Shop; did you mean "where"?`);
    assert.equal(await finish(newer.where()), "a");
  });
});

test("a balancer that throws fails the call and not the process", async (t) => {
  const { serveShop, connect, finish } = simulation(t);
  const registry = listedRegistry();
  registry.say([endpointAt(A)]);
  await serveShop("a");
  const broken: Balancer = () => () => () => {
    throw new RpcError("internal", "made up", { processed: "no" });
  };
  const shop = connect({ registry, balancer: broken }).client(ShopService);
  await assert.rejects(finish(shop.where()), { code: "internal", message: "made up" });
});
