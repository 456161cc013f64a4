import "reflect-metadata/lite";
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, type TestContext, test } from "node:test";
import { type Client, type ClientWith, currentCall } from "@rpc/core";
import { Exclude, Expose, Type } from "class-transformer";
import { injectable } from "inversify";
import { arrayOf } from "../notes/dto.js";
import { InjectClient } from "../notes/inject-client.js";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import { memoryApps } from "./memory-apps.fixture.js";

class Tick {
  @Expose({ name: "p" })
  price = 0;
  @Exclude()
  source = "secret";
  @Type(() => Date)
  at = new Date(0);

  rise(by: number): number {
    return this.price + by;
  }
}

const ended: string[] = [];

@Service()
class Ticker {
  readonly #kept: Tick[] = [];

  @Method({ output: () => Tick })
  async *watch(symbol: string, count: number): AsyncGenerator<Tick> {
    try {
      for (let price = 1; price <= count; price++) yield Object.assign(new Tick(), { price, at: new Date(price) });
    } finally {
      ended.push(symbol);
    }
  }

  @Method({ stream: "client", input: [() => Tick, undefined] })
  async record(ticks: AsyncIterable<Tick>, by: number): Promise<number[]> {
    const raised: number[] = [];
    for await (const tick of ticks) raised.push(tick.rise(by));
    return raised;
  }

  @Method({ stream: "duplex", input: [arrayOf(() => Tick)], output: arrayOf(() => Tick) })
  async *batches(ticks: AsyncIterable<Tick[]>): AsyncGenerator<Tick[]> {
    for await (const each of ticks) {
      this.#kept.push(...each);
      yield each.filter((tick) => tick instanceof Tick);
    }
  }

  @Method()
  async *plain(): AsyncGenerator<unknown> {
    yield Object.assign(new Tick(), { price: 7 });
    yield [1, "two"];
    yield currentCall().method.name;
  }

  @Method({ stream: "client" })
  async upload(body: Readable): Promise<string> {
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(piece as Buffer);
    return Buffer.concat(pieces).toString();
  }

  @Method({ stream: "server" })
  download(): Readable {
    return Readable.from([Buffer.from("some "), Buffer.from("bytes")], { objectMode: false });
  }
}

@injectable()
class Board {
  constructor(@InjectClient(Ticker) readonly ticker: ClientWith<Ticker, Tick>) {}
}

async function opened(t: TestContext): Promise<ClientWith<Ticker, Tick>> {
  const apps = memoryApps();
  t.after(() => apps.stop());
  await apps.start({ services: [Ticker] });
  return (await apps.make({ clients: [Board] })).get(Board).ticker;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = [];
  for await (const item of items) read.push(item);
  return read;
}

async function* ticks(): AsyncGenerator<Tick> {
  for (const price of [1, 2]) yield Object.assign(new Tick(), { price, source: "mine" });
}

describe("services that stream, in apps", () => {
  test("an injected client reads an async generator, and leaving its loop ends it", async (t) => {
    const ticker = await opened(t);
    for await (const { price } of ticker.watch("left", 1_000_000)) if (price === 3) break;
    while (!ended.includes("left")) await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await all(ticker.watch("whole", 5))).length, 5);
  });

  test("items of a class that is named are built again, without what is not to travel", async (t) => {
    const ticker = await opened(t);
    const [first] = await all(ticker.watch("X", 1));
    assert.ok(first instanceof Tick);
    assert.deepEqual([first.rise(1), first.at, first.source], [2, new Date(1), "secret"]);
  });

  test("items of arguments are instances for the method, whatever the caller gave", async (t) => {
    const ticker = await opened(t);
    assert.deepEqual(await ticker.record(ticks(), 10), [11, 12]);
    async function* plain(): AsyncGenerator<{ price: number; source: string; at: Date }> {
      yield { price: 5, source: "", at: new Date(1) };
    }
    assert.deepEqual(await ticker.record(plain() as never, 1), [6]);
    async function* pairs(): AsyncGenerator<Tick[]> {
      yield [new Tick(), new Tick()];
      yield [];
    }
    const batches = await all(ticker.batches(pairs()));
    assert.deepEqual(
      batches.map((batch) => [batch.length, batch.every((tick) => tick instanceof Tick)]),
      [
        [2, true],
        [0, true],
      ],
    );
  });

  test("items of which no class is named go by the rules of their own", async (t) => {
    const ticker = (await opened(t)) as Client<Ticker>;
    assert.deepEqual(await all(ticker.plain()), [{ p: 7, at: new Date(0) }, [1, "two"], "plain"]);
  });

  test("files go up and come down", async (t) => {
    const ticker = await opened(t);
    assert.equal(await ticker.upload(Readable.from([Buffer.from("a "), Buffer.from("file")])), "a file");
    const pieces = await all(ticker.download());
    assert.equal(Buffer.concat(pieces).toString(), "some bytes");
  });

  test("what makes an instance of an item may throw: its call fails, and the generator ends", async (t) => {
    class Strict {
      @Expose()
      set value(value: number) {
        if (value > 1) throw new Error("too much");
      }
      get value(): number {
        return 1;
      }
    }
    let left = false;
    @Service()
    class Strictly {
      @Method({ output: () => Strict })
      async *give(): AsyncGenerator<Strict> {
        try {
          for (;;) yield { value: 2 } as Strict;
        } finally {
          left = true;
        }
      }
    }
    const apps = memoryApps();
    t.after(() => apps.stop());
    await apps.start({ services: [Strictly] });
    const app = await apps.make({});
    await assert.rejects(all(app.client(Strictly).give()), { message: "too much" });
    while (!left) await new Promise((resolve) => setImmediate(resolve));
  });
});
