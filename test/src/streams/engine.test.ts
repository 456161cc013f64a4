import assert from "node:assert/strict";
import type { Duplex } from "node:stream";
import { describe, type TestContext, test } from "node:test";
import { bind, type ConnectSettings, connect, defineService, RpcError, type ServeSettings, serve } from "@rpc/core";
import { closedAtEnd } from "../wire/ground/at-end.js";
import { failed } from "../wire/ground/failed.js";
import { until } from "../wire/ground/until.js";

interface Engine {
  down(...input: unknown[]): AsyncIterable<unknown>;
  up(label: string, items: AsyncIterable<unknown>): Promise<unknown>;
  both(items: AsyncIterable<unknown>): AsyncIterable<unknown>;
  plain(): string;
}

const Service = defineService<Engine>("Engine", {
  down: { stream: "server" },
  up: { stream: "client" },
  both: { stream: "duplex" },
  plain: {},
});

interface Handlers {
  readonly down?: (...input: never[]) => unknown;
  readonly up?: (...input: never[]) => unknown;
  readonly both?: (...input: never[]) => unknown;
}

/** A server of the service and a client of it, over a socket of this machine. */
async function pair(
  t: TestContext,
  handlers: Handlers,
  { serving = {}, calling = {} }: { serving?: Partial<ServeSettings>; calling?: Partial<ConnectSettings> } = {},
) {
  const nothing = (): undefined => undefined;
  const server = await serve({
    services: [
      bind(Service, { down: nothing, up: nothing, both: nothing, plain: () => "plain", ...handlers } as never),
    ],
    ...serving,
  });
  const connector = connect({ address: server.address, retry: false, ...calling });
  closedAtEnd(t, server);
  closedAtEnd(t, connector);
  const client = connector.client(Service);
  return { server, connector, client, down: client.down.bind(client), both: client.both.bind(client) };
}

async function* upTo(end: number): AsyncGenerator<number> {
  for (let next = 0; next < end; next++) yield next;
}

describe("streams over a socket", () => {
  test("a server's items arrive in order, all of them, however many", async (t) => {
    const { down, server } = await pair(t, { down: upTo });
    let next = 0;
    for await (const item of down(50_000)) assert.equal(item, next++);
    assert.equal(next, 50_000);
    assert.equal(server.stats().total.streams.open, 0);
  });

  test("a handler reads a stream among its arguments to the end, and answers", async (t) => {
    const { client } = await pair(t, {
      async up(label: string, numbers: AsyncIterable<number>) {
        let sum = 0;
        for await (const number of numbers) sum += number;
        return `${label} ${sum}`;
      },
    });
    assert.equal(await client.up("sum", upTo(20_000)), "sum 199990000");
  });

  test("items go both ways at once, and items of many frames keep their order", async (t) => {
    const { both } = await pair(t, {
      async *both(items: AsyncIterable<Buffer>) {
        for await (const item of items) yield item;
      },
    });
    async function* sizes(): AsyncGenerator<Buffer> {
      for (const size of [0, 1, 1_000, 65_536, 10, 300_000, 3_000_000, 5, 65_531]) yield Buffer.alloc(size, size & 255);
    }
    const sent: Buffer[] = [];
    for await (const item of sizes()) sent.push(item);
    let index = 0;
    for await (const item of both(sizes())) assert.deepEqual(item, sent[index++]);
    assert.equal(index, sent.length);
  });

  test("who leaves a stream ends its generator at once, and calls go on", async (t) => {
    let ended = 0;
    const { down, client, server } = await pair(t, {
      async *down() {
        try {
          for (let next = 0; ; next++) yield next;
        } finally {
          ended++;
        }
      },
    });
    for await (const item of down()) if (item === 100) break;
    await until("the generator was ended", () => ended === 1);
    assert.equal(await client.plain(), "plain");
    assert.equal(server.stats().total.streams.open, 0);
  });

  test("an error behind items arrives behind them", async (t) => {
    const { down } = await pair(t, {
      async *down() {
        yield Buffer.alloc(500_000);
        yield 1;
        throw new RpcError("not_found", "no more", { reason: "NO_MORE" });
      },
    });
    const items: unknown[] = [];
    const error = await failed(
      (async () => {
        for await (const item of down()) items.push(item);
      })(),
    );
    assert.equal(items.length, 2);
    assert.deepEqual([error.code, error.reason, error.processed], ["not_found", "NO_MORE", "yes"]);
  });

  test("a reader that is slow holds its producer, and nothing grows", async (t) => {
    let yielded = 0;
    const { down, server, connector } = await pair(t, {
      async *down() {
        for (; yielded < 2_000; yielded++) yield Buffer.alloc(60_000);
      },
    });
    const items = down();
    await items.next();
    await items.next();
    const waiting = (end: { stats(): { total: { streams: { heldBytes: number } } } }): number =>
      end.stats().total.streams.heldBytes;
    let turns = 0;
    let before = 0;
    await until("nothing more is asked for", () => {
      turns = waiting(connector) > 150_000 && yielded === before ? turns + 1 : 0;
      before = yielded;
      return turns === 500;
    });
    assert.ok(yielded < 20, `${yielded} items were asked for`);
    const held = waiting(connector) + waiting(server);
    assert.ok(held <= 1_048_576, `${held} bytes are held`);
    await items.return();
  });

  test("items that wait for their readers stay as they were sent, though all connections read into one memory", async (t) => {
    const yields = {
      async *down(letter: unknown) {
        for (let n = 0; n < 40; n++) yield `${String(letter)}${n}`.repeat(20);
      },
    };
    const { server, connector: first } = await pair(t, yields);
    const others = ["b", "c"].map(() => connect({ address: server.address, retry: false }));
    for (const other of others) closedAtEnd(t, other);
    const all = [first, ...others];
    const streams = all.map((connector, index) => connector.client(Service).down("abc"[index]));
    for (const connector of all)
      await until("some have arrived", () => connector.stats().total.streams.heldBytes > 500);
    for (const [index, stream] of streams.entries()) {
      let n = 0;
      for await (const item of stream) assert.equal(item, `${"abc"[index]}${n++}`.repeat(20));
      assert.equal(n, 40);
    }
  });

  test("items about as long as one frame, or as two, arrive as they were sent", async (t) => {
    const sizes = [
      65_515, 65_520, 65_532, 65_533, 65_536, 65_545, 131_050, 131_055, 131_060, 131_065, 131_072, 140_000,
    ];
    const made = (size: number): Buffer => {
      const body = Buffer.alloc(size);
      for (let index = 0; index < size; index++) body[index] = index * 7 + size;
      return body;
    };
    const bodies = sizes.map(made);
    const { down } = await pair(t, {
      async *down() {
        for (let round = 0; round < 3; round++) yield* bodies;
      },
    });
    let seen = 0;
    for await (const item of down()) {
      const body = bodies[seen++ % bodies.length]!;
      assert.ok(body.equals(item as Buffer), `item ${seen} of ${body.length} bytes`);
    }
    assert.equal(seen, 3 * sizes.length);
  });

  test("a lost connection leaves what arrived, then says so", async (t) => {
    let wake = (): void => {};
    const streams: Duplex[] = [];
    const handlers = {
      async *down() {
        yield* [1, 2, 3];
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      },
    };
    const onConnect = ({ stream }: { readonly stream: Duplex }): void => {
      streams.push(stream);
    };
    const { down, connector } = await pair(t, handlers, { serving: { onConnect } });
    const items = down();
    await until("they arrived", () => connector.stats().total.streams.itemsIn === 3);
    for (const stream of streams) stream.destroy();
    assert.deepEqual(
      [await items.next(), await items.next(), await items.next()].map(({ value }) => value),
      [1, 2, 3],
    );
    const { reason, processed } = await failed(items.next());
    assert.deepEqual([reason, processed], ["CONNECTION_LOST", "maybe"]);
    assert.deepEqual(await items.next(), { value: undefined, done: true });
    wake();
  });
});
