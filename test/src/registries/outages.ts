import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { p2cPeakEwma } from "@rpc/balancer";
import { bind, connect, defineService, type Entry, type Logger, type Registry, RpcError, serve } from "@rpc/core";
import { openProxy } from "../proxy/open-proxy.js";
import type { RealServer } from "../servers/real-server.js";
import { atEnd, type Ending } from "../wire/ground/at-end.js";
import { keepingLog } from "../wire/ground/log.js";
import { busyMs } from "./busy.js";
import { seen } from "./seen.js";

/** Short, so that no test need wait ten seconds. */
export const ttlMs = 2_000;
export const timeoutMs = 1_500;
/** etcd and ZooKeeper look for what has run out each half second, so that a lease ends up to this late, in ms. */
const lateMs = 500;
/** How long a watch may take to go on after its server is back, in ms: what it waits is far below a second, the rest is a busy machine. */
export const backMs = busyMs;

export const never: AbortSignal = new AbortController().signal;

export const entryOf = (id: string, service = "Prices", address = "tcp://127.0.0.1:7001"): Entry => ({
  service,
  id,
  address,
  weight: 1,
  tags: {},
  inactive: false,
});

/** What the registries in servers of their own have in common. */
export interface Kind {
  readonly name: string;
  readonly skip: string | false;
  openServer(t: Ending): Promise<RealServer>;
  registry(port: number, options: { readonly cluster?: string; readonly logger?: Logger }): Registry;
  /** Puts a text where an entry belongs, by hand. */
  put(port: number, service: string, id: string, text: string): Promise<void>;
  /** Takes an entry away, by hand. */
  remove(port: number, service: string, id: string): Promise<void>;
}

/** Returns a registry that is closed with the test. */
export function opened(t: Ending, kind: Kind, port: number, options: Parameters<Kind["registry"]>[1] = {}): Registry {
  const registry = kind.registry(port, options);
  atEnd(t, () => registry.close());
  return registry;
}

interface Greeter {
  greet(name: string): string;
}
const GreeterService = defineService<Greeter>("Greeter", { greet: { idempotent: true } });

/** A server that is registered and a client that finds it, calling all the time. */
async function greeting(t: Ending, kind: Kind, port: number) {
  const server = await serve({
    services: [bind(GreeterService, { greet: (name) => `Hello, ${name}` })],
    registry: opened(t, kind, port),
    instance: "greeter",
  });
  atEnd(t, () => server.close());
  const connector = connect({ registry: opened(t, kind, port), balancer: p2cPeakEwma });
  atEnd(t, () => connector.close());
  const greeter = connector.client(GreeterService);
  await greeter.greet("the list is known");
  const stop = new AbortController();
  atEnd(t, () => stop.abort());
  const failed: unknown[] = [];
  let calls = 0;
  const load = (async () => {
    while (!stop.signal.aborted) {
      calls++;
      await greeter.greet("you").catch((error: unknown) => failed.push(error));
      await delay(5);
    }
  })();
  return {
    server,
    connector,
    async stop() {
      stop.abort();
      await load;
      assert.deepEqual(failed, []);
      assert.ok(calls > 10, `${calls} calls`);
    },
  };
}

/** Declares what each of them must live through, against the real server. */
export function outageTests(kind: Kind): void {
  const { name, skip } = kind;

  // Most of it is waiting, each for a server of its own.
  describe(`${name} and what befalls it`, { skip, concurrency: 3 }, () => {
    test(`${name} killed for three seconds: no call fails, watches go on, and what was registered still is`, async (t) => {
      const real = await kind.openServer(t);
      const calls = await greeting(t, kind, real.port);
      const list = seen(t, opened(t, kind, real.port), "Greeter");
      await list.until("greeter", backMs);
      await real.kill();
      await delay(3_000);
      await real.start();
      const other = opened(t, kind, real.port);
      await registered(other, entryOf("another", "Greeter", calls.server.address));
      await list.until("another greeter", backMs);
      // Past the lease: what is still there was kept.
      await delay(ttlMs + 1_000);
      await list.until("another greeter", backMs);
      await calls.stop();
    });

    test(`${name} wiped and restarted: what is served is registered again and seen within twice its lease, and no call fails`, async (t) => {
      const real = await kind.openServer(t);
      const calls = await greeting(t, kind, real.port);
      const list = seen(t, opened(t, kind, real.port), "Greeter");
      await list.until("greeter", backMs);
      // Its history goes further than that of the one that comes after it.
      const lease = await opened(t, kind, real.port).register([]);
      for (let n = 0; n < 20; n++) await lease.update([entryOf(`many-${n}`, "Many")]);
      await real.kill();
      await real.start({ wiped: true });
      const startedAt = performance.now();
      const fresh = seen(t, opened(t, kind, real.port), "Greeter");
      await fresh.until("greeter", 2 * ttlMs + busyMs);
      await list.until("greeter", backMs);
      // The watch from before follows the new history, too.
      await opened(t, kind, real.port).register([entryOf("another", "Greeter", calls.server.address)]);
      await list.until("another greeter", backMs);
      assert.ok(performance.now() - startedAt < 2 * ttlMs + 2 * backMs);
      await calls.stop();
    });

    test(`${name} stopped for longer than a lease: no call fails, and all is right soon after it goes on`, async (t) => {
      const real = await kind.openServer(t);
      const calls = await greeting(t, kind, real.port);
      const list = seen(t, opened(t, kind, real.port), "Greeter");
      await list.until("greeter", backMs);
      await real.pause();
      const named = (error: unknown): boolean =>
        error instanceof RpcError && error.code === "unavailable" && error.message.includes(`127.0.0.1:${real.port}`);
      const asking = opened(t, kind, real.port);
      const startedAt = performance.now();
      await assert.rejects(asking.list("Greeter", never), named);
      assert.ok(performance.now() - startedAt < timeoutMs + busyMs, "a silent server holds callers up");
      await delay(ttlMs + 1_000);
      real.resume();
      await registered(opened(t, kind, real.port), entryOf("another", "Greeter", calls.server.address));
      await list.until("another greeter", 2 * ttlMs + backMs);
      await calls.stop();
    });

    test(`${name} away at the start: it is said by name, and found once it is there`, async (t) => {
      const real = await kind.openServer(t);
      await real.kill();
      const registry = opened(t, kind, real.port);
      await assert.rejects(
        registry.register([entryOf("p-1")]),
        (error) => error instanceof RpcError && error.message.includes(`127.0.0.1:${real.port}`),
      );
      const list = seen(t, registry);
      await delay(300);
      await real.start();
      await registered(registry, entryOf("p-1"));
      await list.until("p-1", backMs);
    });

    test(`${name}: a process whose link goes dead is off the lists when its lease ends; the new one at its address stays; and it comes back`, async (t) => {
      const { port } = await kind.openServer(t);
      const proxy = await openProxy({ target: `tcp://127.0.0.1:${port}` });
      atEnd(t, () => proxy.close());
      const lease = await opened(t, kind, Number(new URL(proxy.address).port)).register([entryOf("start-1")]);
      const list = seen(t, opened(t, kind, port));
      await list.until("start-1", backMs);
      proxy.refuse(true);
      for (const passage of proxy.passages) passage.blackHole();
      await opened(t, kind, port).register([entryOf("start-2")]);
      await list.until("start-1 start-2", backMs);
      await list.until("start-2", ttlMs + lateMs + busyMs);
      proxy.refuse(false);
      assert.match((await lease.lost).message, /./);
    });

    test(`${name}: a watch behind a link that goes dead sees what it missed within seconds`, async (t) => {
      const { port } = await kind.openServer(t);
      const proxy = await openProxy({ target: `tcp://127.0.0.1:${port}` });
      atEnd(t, () => proxy.close());
      const list = seen(t, opened(t, kind, Number(new URL(proxy.address).port)));
      const registry = opened(t, kind, port);
      await registry.register([entryOf("p-1")]);
      await list.until("p-1", backMs);
      for (const passage of proxy.passages) passage.blackHole();
      await registry.register([entryOf("p-2")]);
      await list.until("p-1 p-2", 12_000);
    });

    test(`${name}: entries that cannot be read are left out, and logged once each, by their key`, async (t) => {
      const { port } = await kind.openServer(t);
      const logger = keepingLog();
      const list = seen(t, opened(t, kind, port, { logger }));
      const good = opened(t, kind, port);
      const lease = await good.register([entryOf("good")]);
      const garbage = {
        empty: "",
        half: '{"address":"tcp://127.0.0.1:70',
        null: "null",
        list: "[]",
        text: "\u0000\u0001 not JSON",
        weightless: '{"address":"tcp://127.0.0.1:7001","weight":-1}',
        nowhere: '{"weight":1}',
        tagged: '{"address":"tcp://127.0.0.1:7001","tags":{"zone":7}}',
      };
      for (const [id, text] of Object.entries(garbage)) await kind.put(port, "Prices", id, text);
      await list.until("good", backMs);
      for (let weight = 2; weight < 6; weight++) await lease.update([{ ...entryOf("good"), weight }]);
      await good.register([entryOf("late")]);
      await list.until("good late", backMs);
      const skipped = logger.records.filter(({ message }) => message.includes("skipped"));
      const told = skipped.map(({ fields }) => String(fields["key"]).split("/").at(-1)).sort();
      assert.deepEqual(told, Object.keys(garbage).sort());
      assert.deepEqual(await names(good), ["Prices"]);
    });

    test(`${name}: an entry that somebody takes away by hand is put back within seconds`, async (t) => {
      const { port } = await kind.openServer(t);
      const calls = await greeting(t, kind, port);
      const list = seen(t, opened(t, kind, port), "Greeter");
      await list.until("greeter", backMs);
      const gone = list.saw("", backMs);
      await kind.remove(port, "Greeter", "greeter");
      await gone;
      await list.until("greeter", 2_000 + backMs);
      await calls.stop();
    });

    test(`${name}: two clusters under one prefix see nothing of each other`, async (t) => {
      const { port } = await kind.openServer(t);
      const [blue, green] = ["blue", "green"].map((cluster) => opened(t, kind, port, { cluster })) as [
        Registry,
        Registry,
      ];
      await blue.register([entryOf("b")]);
      await green.register([entryOf("g"), entryOf("g", "Stock")]);
      assert.deepEqual(
        (await blue.list("Prices", never)).map(({ id }) => id),
        ["b"],
      );
      assert.deepEqual([await names(blue), await names(green)], [["Prices"], ["Prices", "Stock"]]);
    });
  });

  test(`${name}: the system's clock jumps a day on and a day back: no lease is lost, and watches go on`, {
    skip,
  }, async (t) => {
    const { port } = await kind.openServer(t);
    const registry = opened(t, kind, port);
    const lease = await registry.register([entryOf("p-1")]);
    let lost: Error | undefined;
    void lease.lost.then((reason) => {
      lost = reason;
    });
    const list = seen(t, opened(t, kind, port));
    await list.until("p-1", backMs);
    const real = Date.now;
    atEnd(t, () => {
      Date.now = real;
    });
    const other = await registry.register([]);
    for (const [n, jumpMs] of [86_400_000, -86_400_000].entries()) {
      Date.now = () => real() + jumpMs;
      await delay(ttlMs + 500);
      await other.update([entryOf(`p-${n + 2}`)]);
      await list.until(`p-1 p-${n + 2}`, backMs);
    }
    assert.equal(lost, undefined);
  });
}

/** Registers as soon as that is possible. */
async function registered(registry: Registry, entry: Entry): Promise<void> {
  for (;;) {
    try {
      await registry.register([entry]);
      return;
    } catch {
      await delay(100);
    }
  }
}

async function names(registry: Registry): Promise<readonly string[]> {
  for await (const services of registry.services(never)) return services;
  return [];
}
