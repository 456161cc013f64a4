import "reflect-metadata/lite";
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { bind, type Client, currentCall, defineService, RpcError, withOptions } from "@rpc/core";
import { memoryRegistry } from "@rpc/registry-memory";
import { Exclude, Expose, Type } from "class-transformer";
import { Container, inject, injectable, preDestroy } from "inversify";
import { services } from "../container/services-module.js";
import { InjectClient } from "../notes/inject-client.js";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import { serviceOf } from "../service/service-of.js";
import { refusal } from "../start-up-error.fixture.js";
import { createApp } from "./create-app.js";
import { memoryApps } from "./memory-apps.fixture.js";

@Service()
class Prices {
  @Method({ idempotent: true })
  priceOf(sku: string): number {
    return sku.length;
  }

  @Method()
  leftMs(): number {
    return currentCall().deadline - performance.now();
  }
}

@Service()
class Orders {
  constructor(@InjectClient(Prices) private readonly prices: Client<Prices>) {}

  @Method()
  async total(skus: string[]): Promise<number> {
    const prices = await Promise.all(skus.map((sku) => this.prices.priceOf(sku)));
    return prices.reduce((sum, price) => sum + price, 0);
  }

  @Method()
  leftMs(): Promise<number> {
    return this.prices.leftMs();
  }
}

@injectable()
class Checkout {
  @InjectClient(() => Prices) readonly prices!: Client<Prices>;

  constructor(@InjectClient(Orders) readonly orders: Client<Orders>) {}
}

describe("createApp", () => {
  test("a class gets a typed client injected and calls a service of another app, which calls a third", async () => {
    const apps = memoryApps();
    await apps.start({ services: [Prices] });
    await apps.start({ services: [Orders] });
    const { orders, prices } = (await apps.make({ clients: [Checkout] })).get(Checkout);
    assert.equal(await orders.total(["a", "bc"]), 3);
    assert.equal(await prices.priceOf("four"), 4);
    await apps.stop();
  });

  test("a service calls another one of its own process like any other, and itself when it says so", async () => {
    const own = memoryApps();
    @Service()
    class Loop {
      constructor(@InjectClient(() => Loop) private readonly loop: Client<Loop>) {}
      @Method()
      async down(n: number): Promise<number> {
        return n === 0 ? 0 : 1 + (await this.loop.down(n - 1));
      }
    }
    const app = await own.start({ services: [Loop, Prices, Orders] });
    assert.equal(await app.client(Loop).down(3), 3);
    assert.equal(await app.client(Orders).total(["a"]), 1);
    await own.stop();
  });

  test("a nested call inherits what is left of the deadline, unless ambient context is switched off", async () => {
    for (const [ambient, fits] of [
      [true, (leftMs: number) => leftMs <= 2_000],
      [false, (leftMs: number) => leftMs > 2_000],
    ] as const) {
      const own = memoryApps();
      await own.start({ services: [Prices] });
      const app = await own.start({ services: [Orders], ambient });
      const leftMs = await withOptions(app.client(Orders), { timeoutMs: 2_000 }).leftMs();
      assert.ok(fits(leftMs), `${leftMs} ms left with ambient: ${ambient}`);
      await own.stop();
    }
  });

  test("one class is served under several names; a binding of core beside it", async () => {
    interface Greeter {
      greet(name: string): string;
    }
    const GreeterService = defineService<Greeter>("Greeter", { greet: {} });
    const own = memoryApps();
    const app = await own.start({
      services: [
        Prices,
        { service: Prices, name: "PricesEu" },
        bind(GreeterService, { greet: (name) => `Hello, ${name}` }),
        bind(serviceOf(Prices, "PricesUs"), { priceOf: () => -1, leftMs: () => 0 }),
      ],
    });
    assert.equal(await app.client(Prices).priceOf("a"), 1);
    assert.equal(await app.client(serviceOf(Prices, "PricesEu")).priceOf("ab"), 2);
    assert.equal(await app.client(serviceOf(Prices, "PricesUs")).priceOf("ab"), -1);
    assert.equal(await app.client(GreeterService).greet("you"), "Hello, you");
    await own.stop();
  });

  test("a class that is listed twice is served once", async () => {
    const own = memoryApps();
    const app = await own.start({ services: [Prices, Prices] });
    assert.equal(await app.client(Prices).priceOf("a"), 1);
    await own.stop();
  });

  test("@injectable() may stand above or below @Service, or not at all", async () => {
    @injectable()
    @Service()
    class Above {
      @Method()
      run(): string {
        return "above";
      }
    }
    @Service()
    @injectable()
    class Below {
      @Method()
      run(): string {
        return "below";
      }
    }
    const own = memoryApps();
    const app = await own.start({ services: [Above, Below] });
    assert.equal(await app.client(Above).run(), "above");
    assert.equal(await app.client(Below).run(), "below");
    await own.stop();
  });

  test("a subclass gets what is injected into its parent, into the constructor as into properties", async () => {
    const ended: string[] = [];
    class Parent {
      @InjectClient(Prices) protected readonly property!: Client<Prices>;
      constructor(@InjectClient(Prices) protected readonly prices: Client<Prices>) {}
      @Method()
      async both(): Promise<number> {
        return (await this.prices.priceOf("a")) + (await this.property.priceOf("bc"));
      }
      @preDestroy()
      end(): void {
        ended.push("parent");
      }
    }
    @Service()
    class Inherits extends Parent {}
    @Service()
    class Calls extends Parent {
      constructor(@InjectClient(Prices) prices: Client<Prices>) {
        super(prices);
      }
    }
    const own = memoryApps();
    const app = await own.start({ services: [Prices, Inherits, Calls] });
    assert.equal(await app.client(Inherits).both(), 3);
    assert.equal(await app.client(Calls).both(), 3);
    await own.stop();
    assert.deepEqual(ended, ["parent", "parent"]);
  });

  test("a subclass whose constructor needs nothing is made, whatever its parent wants", async () => {
    class Parent {
      constructor(readonly options: { readonly deep: boolean }) {}
    }
    class Child extends Parent {
      constructor() {
        super({ deep: true });
      }
    }
    class Implicit extends Parent {}
    const own = memoryApps();
    const app = await own.make({ clients: [Child] });
    assert.equal(app.get(Child).options.deep, true);
    await assert.rejects(own.make({ clients: [Implicit] }), refusal("UNRESOLVED", "parameter 0 of Parent"));
    await own.stop();
  });

  test("a class with an own container is made by it, with what it binds, and found by get", async () => {
    class Rates {
      readonly rate: number = 2;
    }
    @Service()
    class Priced {
      constructor(
        private readonly rates: Rates,
        @inject("currency") private readonly currency: string,
      ) {}
      @Method()
      price(): string {
        return `${this.rates.rate} ${this.currency}`;
      }
    }
    const container = new Container();
    container.bind(Rates).toSelf();
    container.bind("currency").toConstantValue("EUR");
    const own = memoryApps();
    const app = await own.start({ container, services: [Priced] });
    assert.equal(app.container, container);
    assert.equal(app.get<string>("currency"), "EUR");
    assert.equal(app.get(Priced), container.get(Priced));
    assert.throws(() => app.get(Checkout), refusal("UNRESOLVED", "nothing provides Checkout", "clients"));
    assert.throws(() => app.get("rate"), refusal("UNRESOLVED", "nothing provides rate"));
    assert.equal(await app.client(Priced).price(), "2 EUR");
    await own.stop();
  });

  test("services() serves what its module bound, in the container of who owns it", async () => {
    const container = new Container();
    container.load(services(Prices, { service: Prices, name: "PricesEu" }));
    const own = memoryApps();
    const app = await own.start({ container, listen: "memory://" });
    assert.equal(await app.client(serviceOf(Prices, "PricesEu")).priceOf("ab"), 2);
    assert.equal(app.get(Prices), container.get(Prices));
    await own.stop();
    assert.throws(() => services(class Plain {}), refusal("NO_SERVICE", "Plain"));
    @Service()
    class Needy {
      constructor(_options: { readonly deep: boolean }) {}
      @Method()
      run(): void {}
    }
    assert.throws(() => container.load(services(Needy)), refusal("UNRESOLVED", "parameter 0 of Needy"));
  });

  test("two apps cannot share a container while both live; the one after the other can", async () => {
    const container = new Container();
    const own = memoryApps();
    const first = await own.make({ container, clients: [Checkout] });
    await assert.rejects(own.make({ container }), refusal("CONTAINER_IN_USE", "own"));
    await first.stop();
    await own.make({ container });
    await own.stop();
  });

  test("a class that was loaded after the app was made is made by get, with its clients", async () => {
    const own = memoryApps();
    const container = new Container();
    const app = await own.start({ container, services: [Prices] });
    class Late {
      constructor(@InjectClient(Prices) readonly prices: Client<Prices>) {}
    }
    container.bind(Late).toSelf();
    assert.equal(await app.get(Late).prices.priceOf("abc"), 3);
    await own.stop();
  });

  test("a client that is awaited, logged or turned into JSON sends nothing", async () => {
    const own = memoryApps();
    const app = await own.make({ clients: [Checkout] });
    const { prices } = app.get(Checkout);
    assert.equal(await prices, prices);
    assert.equal(JSON.stringify({ prices }), '{"prices":{}}');
    await own.stop();
  });
});

class Line {
  @Expose()
  sku = "";
  count = 0;
}

class CreateOrder {
  @Type(() => Line)
  lines: Line[] = [];
}

class Order {
  id = "";
  @Type(() => Line)
  lines: Line[] = [];
  @Exclude()
  secret = "s";

  size(): number {
    return this.lines.length;
  }
}

@Service()
class Shop {
  @Method({ idempotent: true, output: () => Order })
  async place(order: CreateOrder): Promise<Order> {
    assert.ok(order instanceof CreateOrder && order.lines.every((line) => line instanceof Line));
    return Object.assign(new Order(), { id: "1", lines: order.lines });
  }

  @Method()
  raw(): object {
    return { order: new Order() };
  }
}

describe("logs", () => {
  test("go to the logger given: what is served and where, and no argument or answer", async () => {
    const lines: string[] = [];
    const write = (...line: unknown[]): number => lines.push(JSON.stringify(line));
    const own = memoryApps();
    const logger = { debug: write, info: write, warn: write, error: write };
    const app = await own.start({ services: [Prices, Orders], listen: "memory://logged", logger });
    assert.equal(await app.client(Prices).priceOf("a-secret-sku"), 12);
    await own.stop();
    assert.deepEqual(lines, ['["serving",{"services":["Prices","Orders"],"address":"memory://logged"}]']);
  });
});

describe("DTO classes", () => {
  test("travel as plain data and are instances at either end, nested ones and arrays too", async () => {
    const own = memoryApps();
    const app = await own.start({ services: [Shop] });
    const shop = app.client<Shop, Order>(Shop);
    const order = await shop.place(Object.assign(new CreateOrder(), { lines: [{ sku: "a", count: 2 }] }));
    assert.ok(order instanceof Order);
    assert.equal(order.size(), 1);
    assert.ok(order.lines[0] instanceof Line);
    assert.deepEqual({ ...order.lines[0] }, { sku: "a", count: 2 });
    await own.stop();
  });

  test("an excluded field does not cross, also where no class was named", async () => {
    const own = memoryApps();
    const app = await own.start({ services: [Shop] });
    assert.deepEqual(await app.client(Shop).raw(), { order: { id: "", lines: [] } });
    await own.stop();
  });
});

describe("start-up fails, and says what to do, for", () => {
  const apps = memoryApps();
  after(() => apps.stop());

  const refused = (options: object, ...wanted: Parameters<typeof refusal>): Promise<void> =>
    assert.rejects(apps.make(options), refusal(...wanted));

  test("a class without @Service, one without @Method, and what is no class", async () => {
    class Plain {}
    @Service()
    class Empty {}
    await refused({ services: [Plain] }, "NO_SERVICE", "Plain", "put @Service() on the class");
    await refused({ services: [Empty] }, "NO_METHOD", "Empty", "put @Method()");
    await refused({ services: [Prices, undefined] }, "NO_SERVICE", "undefined");
    await refused({ services: [{ service: Prices }] }, "BAD_OPTION", "Prices", "name");
  });

  test("two services of one name: both classes are named, and the two ways to another name", async () => {
    @Service("Prices")
    class OtherPrices {
      @Method()
      run(): void {}
    }
    const twice = { services: [Prices, OtherPrices] };
    await refused(
      twice,
      "DUPLICATE_SERVICE",
      '"Prices"',
      "Prices and the class OtherPrices",
      "{ service: TheClass, name:",
    );
    await refused({ services: [Prices, bind(serviceOf(Prices), new Prices())] }, "DUPLICATE_SERVICE", "a binding");
  });

  test("a parameter of which nothing says what it wants: class and index are named", async () => {
    class Needy {
      constructor(@InjectClient(Prices) _prices: Client<Prices>, _options: { readonly deep: boolean }) {}
    }
    await refused({ clients: [Needy] }, "UNRESOLVED", "parameter 1 of Needy", "@InjectClient");
    class First {
      constructor(_options: { readonly deep: boolean }, @InjectClient(Prices) _prices: Client<Prices>) {}
    }
    await refused({ clients: [First] }, "UNRESOLVED", "parameter 0 of First");
  });

  test("a parameter that nothing is bound to, also that of a dependency", async () => {
    class Store {}
    class Middle {
      constructor(@inject(Store) _store: Store) {}
    }
    class Outer {
      constructor(@inject(Middle) _middle: Middle) {}
    }
    await refused(
      { clients: [Middle] },
      "UNRESOLVED",
      "parameter 0 of Middle",
      "wants Store",
      "createApp({ container })",
    );
    await refused({ clients: [Outer, Middle] }, "UNRESOLVED", "parameter 0 of Middle", "wants Store");
    await refused({ clients: [Outer] }, "UNRESOLVED", "parameter 0 of Outer", "wants Middle");
    class ByName {
      @inject("currency") readonly currency!: string;
    }
    await refused({ clients: [ByName] }, "UNRESOLVED", "property currency of ByName", "wants currency");
  });

  test("a circle of classes: inversify's own words, without its paragraphs", async () => {
    class One {
      constructor(@inject("two") _two: object) {}
    }
    class Two {
      constructor(@inject(One) _one: One) {}
    }
    const container = new Container();
    container.bind("two").to(Two);
    await refused({ container, clients: [One] }, "UNRESOLVED", "One could not be made", "Circular dependency");
  });

  test("a client of what is no service: the place is named", async () => {
    class Plain {}
    class Wrong {
      constructor(@InjectClient(Plain) readonly plain: object) {}
    }
    class Circle {
      constructor(@InjectClient(() => undefined as never) readonly plain: object) {}
    }
    await refused({ clients: [Wrong] }, "NO_SERVICE", "Wrong", "parameter 0 of Wrong", "Plain is no service");
    await refused({ clients: [Circle] }, "BAD_INJECTION", "parameter 0 of Circle", "undefined");
  });

  test("a constructor that throws: the class is named, and the cause kept", async () => {
    const cause = new Error("no licence");
    @Service()
    class Broken {
      constructor() {
        throw cause;
      }
      @Method()
      run(): void {}
    }
    await assert.rejects(apps.make({ services: [Broken] }), (error) => {
      refusal("CONSTRUCTOR_FAILED", "Broken", "no licence")(error);
      assert.equal((error as RpcError).cause, cause);
      return true;
    });
  });

  test("a DTO class that is undefined: before anything listens", async () => {
    @Service()
    class Orders {
      @Method({ input: [() => undefined as never] })
      place(_order: unknown): void {}
    }
    await refused({ services: [Orders] }, "BAD_DTO", "Orders.place", "input[0]");
  });

  test("an address to listen on with nothing to serve", async () => {
    await refused({ listen: "memory://idle" }, "BAD_OPTION", "listen", "nothing to serve", "services");
    await refused({ services: [], advertise: "memory://idle", listen: undefined }, "BAD_OPTION", "advertise");
  });

  test("a wildcard address without advertise", async () => {
    const app = await createApp({
      services: [Prices],
      listen: "tcp://0.0.0.0:0",
      insecure: true,
      registry: memoryRegistry(),
      logger: false,
    });
    await assert.rejects(app.start(), refusal("BAD_OPTION", "tcp://0.0.0.0:0", "set advertise"));
    await app.stop();
  });
});
