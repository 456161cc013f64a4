import assert from "node:assert/strict";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import { type Client, connect, type Registry, RpcError } from "@rpc/core";
import { memoryRegistry, memoryStore } from "@rpc/registry-memory";
import { preDestroy } from "inversify";
import { InjectClient } from "../notes/inject-client.js";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import { serviceOf } from "../service/service-of.js";
import { createApp } from "./create-app.js";
import { memoryApps } from "./memory-apps.fixture.js";

/** A promise that is settled from outside. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** A service whose handlers wait until they are let go. */
function slowService() {
  const entered = gate();
  const release = gate();
  @Service()
  class Slow {
    @Method()
    async run(): Promise<string> {
      entered.open();
      await release.opened;
      return "done";
    }
    @Method()
    quick(): string {
      return "quick";
    }
  }
  return { Slow, entered, release };
}

/** Counts how often a registry is closed. */
function counted(registry: Registry): { readonly registry: Registry; readonly closed: () => number } {
  let closed = 0;
  return {
    registry: {
      ...registry,
      close: async () => {
        closed++;
        await registry.close();
      },
    },
    closed: () => closed,
  };
}

const reason = (wanted: string) => (error: unknown) => error instanceof RpcError && error.reason === wanted;

describe("an app's life", () => {
  test("a handler that runs when the app stops finishes, and its answer arrives", async () => {
    const { Slow, entered, release } = slowService();
    const apps = memoryApps();
    const server = await apps.start({ services: [Slow] });
    const client = await apps.make({});
    const answer = client.client(Slow).run();
    await entered.opened;
    const stopped = server.stop();
    release.open();
    assert.equal(await answer, "done");
    await stopped;
    await apps.stop();
  });

  test("a handler that runs when the app stops can still call others", async () => {
    const { Slow, entered, release } = slowService();
    @Service()
    class Front {
      constructor(@InjectClient(Slow) private readonly slow: Client<InstanceType<typeof Slow>>) {}
      @Method()
      async run(): Promise<string> {
        return `${await this.slow.run()}, then ${await this.slow.quick()}`;
      }
    }
    const apps = memoryApps();
    await apps.start({ services: [Slow] });
    const front = await apps.start({ services: [Front] });
    const answer = (await apps.make({})).client(Front).run();
    await entered.opened;
    const stopped = front.stop();
    release.open();
    assert.equal(await answer, "done, then quick");
    await stopped;
    await apps.stop();
  });

  test("stopping twice, before the start and while it starts each ends once, with nothing left registered", async () => {
    const { Slow } = slowService();
    const apps = memoryApps();
    const store = memoryStore();
    const { registry, closed } = counted(memoryRegistry(store));
    const app = await apps.make({ services: [Slow], registry });
    const started = app.start();
    await Promise.all([app.stop(), app.stop(), started]);
    assert.equal(closed(), 1);
    assert.deepEqual(await memoryRegistry(store).list("Slow", new AbortController().signal), []);
    await assert.rejects(app.start(), reason("WRONG_MOMENT"));
    await assert.rejects(app.client(Slow).quick(), reason("CLOSED"));

    const unstarted = await apps.make({ services: [Slow] });
    await unstarted.stop();
    await assert.rejects(unstarted.start(), reason("WRONG_MOMENT"));
    await apps.stop();
  });

  test("starting twice listens once", async () => {
    const { Slow } = slowService();
    const apps = memoryApps();
    const app = await apps.make({ services: [Slow] });
    assert.throws(() => app.address, reason("WRONG_MOMENT"));
    await Promise.all([app.start(), app.start()]);
    const { address } = app;
    await app.start();
    assert.equal(app.address, address);
    await apps.stop();
  });

  test("an app without services has no address, and says why", async () => {
    const apps = memoryApps();
    const app = await apps.start({});
    assert.throws(() => app.address, /serves nothing/);
    await apps.stop();
  });

  test("a start that fails leaves nothing open: neither listener nor registry nor signals", async () => {
    const { Slow } = slowService();
    const apps = memoryApps();
    const listeners = process.listenerCount("SIGUSR2");
    const { registry, closed } = counted({
      ...memoryRegistry(),
      register: () => Promise.reject(new Error("the registry is down")),
    });
    const app = await apps.make({ services: [Slow], registry, listen: "memory://once", signals: ["SIGUSR2"] });
    await assert.rejects(app.start(), /the registry is down/);
    assert.equal(closed(), 1);
    assert.equal(process.listenerCount("SIGUSR2"), listeners);
    await app.stop();
    const next = await apps.start({ services: [Slow], listen: "memory://once" });
    assert.equal(next.address, "memory://once");
    await apps.stop();
  });

  test("a registry that two apps share is closed with the second of them", async () => {
    const { Slow } = slowService();
    const apps = memoryApps();
    const { registry, closed } = counted(memoryRegistry());
    const first = await apps.start({ services: [Slow], registry });
    const second = await apps.make({ registry });
    await first.stop();
    assert.equal(closed(), 0);
    await second.stop();
    assert.equal(closed(), 1);
    await apps.stop();
  });

  test("a signal drains the app; all apps of a process share one listener, which goes with the last", async () => {
    const { Slow, entered, release } = slowService();
    const apps = memoryApps();
    const before = process.listenerCount("SIGUSR2");
    const server = await apps.start({ services: [Slow], signals: ["SIGUSR2"] });
    await apps.start({ signals: ["SIGUSR2"] });
    assert.equal(process.listenerCount("SIGUSR2"), before + 1);
    const answer = (await apps.make({})).client(Slow).run();
    await entered.opened;
    process.emit("SIGUSR2", "SIGUSR2");
    process.emit("SIGUSR2", "SIGUSR2");
    release.open();
    assert.equal(await answer, "done");
    await server.stop();
    await apps.stop();
    assert.equal(process.listenerCount("SIGUSR2"), before);
  });

  test("with signals: false the process's own handling of them stays as it was", async () => {
    const apps = memoryApps();
    const before = process.listenerCount("SIGTERM");
    await apps.start({ signals: false });
    assert.equal(process.listenerCount("SIGTERM"), before);
    await apps.stop();
  });

  test("@preDestroy methods of what the app made are awaited; a failing one is reported after all else was closed", async () => {
    const ended: string[] = [];
    class Store {
      @preDestroy()
      async close(): Promise<void> {
        await Promise.resolve();
        ended.push("store");
      }
    }
    class Bad {
      @preDestroy()
      close(): void {
        throw new Error("cannot close");
      }
    }
    const apps = memoryApps();
    const good = await apps.start({ clients: [Store] });
    await good.stop();
    assert.deepEqual(ended, ["store"]);
    const { registry, closed } = counted(memoryRegistry());
    const bad = await apps.make({ clients: [Bad], registry });
    await assert.rejects(bad.stop(), /cannot close/);
    assert.equal(closed(), 1);
  });
});

describe("an app on TCP", () => {
  test("listens on loopback, on a port that the system chose, unless told otherwise", async () => {
    const { Slow } = slowService();
    const app = await createApp({ services: [Slow], registry: memoryRegistry(), logger: false, signals: false });
    await app.start();
    assert.match(app.address, /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/);
    const connector = connect({ address: app.address });
    assert.equal(await connector.client(serviceOf(Slow)).quick(), "quick");
    await connector.close();
    await app.stop();
  });

  test("a port that is taken is named, and nothing stays open", async () => {
    const { Slow } = slowService();
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as { port: number };
    const { registry, closed } = counted(memoryRegistry());
    const listen = `tcp://127.0.0.1:${port}`;
    const app = await createApp({ services: [Slow], registry, listen, logger: false, signals: false });
    await assert.rejects(app.start(), new RegExp(`${port}: the port is taken`));
    assert.equal(closed(), 1);
    await app.stop();
    await new Promise((resolve) => taken.close(resolve));
  });

  test("an address that others can reach has to be meant", async () => {
    const { Slow } = slowService();
    const options = { services: [Slow], listen: "tcp://0.0.0.0:0", logger: false, signals: false } as const;
    const app = await createApp({ ...options, registry: memoryRegistry() });
    await assert.rejects(app.start(), /insecure: true/);
  });
});
