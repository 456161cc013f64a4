import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { bind, type Client, createClient, createDispatcher, currentCall, type Peer, RpcError } from "@rpc/core";
import { type StreamHandlers, type Streams, StreamsService, withUsual } from "../streams/ground/service.js";
import { failed } from "../wire/ground/failed.js";
import { type Ground, inMemory, onTcp } from "../wire/ground/grounds.js";
import { until } from "../wire/ground/until.js";
import { DeskService, type Scene, type SceneOptions, scene } from "./desk.js";

/** A server whose client offers streams. */
interface Called extends Scene {
  readonly peer: Peer;
  /** What the client offers, as the server calls it. */
  readonly client: Client<Streams>;
}

async function called(
  t: TestContext,
  ground: Ground,
  handlers: StreamHandlers,
  options: SceneOptions = {},
): Promise<Called> {
  const offer = { services: [bind(StreamsService, withUsual(handlers))], ambient: true, ...options.offer };
  const made = await scene(t, ground, { ...options, offer });
  await made.connector.ready(DeskService);
  await until("it is known", () => made.server.peers().length === 1);
  const [peer] = made.server.peers();
  return { ...made, peer: peer!, client: createClient(StreamsService, peer!.invoke) };
}

async function* count(from: number, to: number, onEnd?: () => void): AsyncGenerator<number> {
  try {
    for (let n = from; n <= to; n++) yield n;
  } finally {
    onEnd?.();
  }
}

async function all(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const item of items) found.push(item);
  return found;
}

for (const make of [inMemory, onTcp]) {
  describe(`a server streams with its clients over ${make().name}`, () => {
    test("results, arguments and both, in order and to the end", async (t) => {
      const { client } = await called(t, make(), {
        give: () => count(1, 1_000),
        take: async (items) => (await all(items)).length,
        talk: async function* (items) {
          for await (const item of items) yield (item as number) * 2;
        },
      });
      assert.deepEqual(await all(client.give()), await all(count(1, 1_000)));
      assert.equal(await client.take(count(1, 1_000)), 1_000);
      assert.deepEqual(await all(client.talk(count(1, 3))), [2, 4, 6]);
    });

    test("who leaves a loop ends the client's generator; an error behind items comes behind them", async (t) => {
      let ended = 0;
      const { client, server } = await called(t, make(), {
        give: async function* (what) {
          if (what === "fail") {
            yield 1;
            throw new RpcError("aborted", "no more", { reason: "NO_MORE" });
          }
          yield* count(1, 1e9, () => ended++);
        },
      });
      for await (const item of client.give()) if (item === 10) break;
      await until("it has ended", () => ended === 1);
      const got: unknown[] = [];
      const error = await failed(
        (async () => {
          for await (const item of client.give("fail")) got.push(item);
        })(),
      );
      assert.deepEqual([got, error.reason], [[1], "NO_MORE"]);
      await until("nothing is open", () => server.stats().total.streams.open === 0);
    });

    test("a slow server slows the client's generator: what is held is bounded by credit", async (t) => {
      let made = 0;
      const { client } = await called(t, make(), {
        give: async function* () {
          for (;;) {
            made++;
            yield "x".repeat(10_000);
          }
        },
      });
      const items = client.give()[Symbol.asyncIterator]();
      for (let n = 0; n < 20; n++) await items.next();
      for (let turns = 0; turns < 200; turns++) await turn();
      assert.ok(made * 10_000 < 2 * 1_048_576, `${made} items were made`);
      await items.return?.();
    });
  });
}

test("a handler may stream from its caller while its caller streams from it", async (t) => {
  const { desk } = await called(
    t,
    inMemory(),
    { give: (to) => count(1, to as number) },
    {
      server: {
        handlers: {
          ask: async (to) =>
            (await all(createClient(StreamsService, currentCall().peer!.invoke).give(Number(to)))).join(),
        },
      },
    },
  );
  assert.equal(await desk.ask("5"), "1,2,3,4,5");
});

test("a client has no more streams open than serve.streams, and none is left when its connection ends", async (t) => {
  const ended: string[] = [];
  const give = async function* (): AsyncGenerator<number> {
    const { signal } = currentCall();
    try {
      yield 1;
      await new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
    } finally {
      ended.push("ended");
    }
  };
  const { client, connector, server } = await called(
    t,
    inMemory(),
    {},
    {
      offer: { services: [bind(StreamsService, withUsual({ give }))], ambient: true, streams: 2 },
      server: { peerCalls: { retry: false }, drainMs: 100 },
    },
  );
  const open = [client.give(), client.give()].map((items) => items[Symbol.asyncIterator]());
  for (const items of open) assert.equal((await items.next()).value, 1);
  const error = await failed(client.give().next());
  assert.deepEqual([error.reason, error.processed], ["STREAM_LIMIT", "no"]);
  const closed = server.close();
  for (const items of open) {
    const cut = await failed(items.next());
    assert.deepEqual([cut.code, cut.reason], ["unavailable", "DRAINING"]);
  }
  await closed;
  await until("both generators have ended", () => ended.length === 2);
  await until("nothing is open", () => connector.stats().total.streams.open === 0);
});

test("within one process, too, a handler streams from the caller that createDispatcher is told of", async () => {
  const caller = createDispatcher([bind(StreamsService, withUsual({ give: (to) => count(1, to as number) }))]);
  const give = async function* (to: unknown): AsyncGenerator<unknown> {
    yield* createClient(StreamsService, currentCall().peer!.invoke).give(to);
  };
  const told = createDispatcher([bind(StreamsService, withUsual({ give }))], [], {
    ambient: true,
    callerInvoke: caller.invoke,
  });
  assert.deepEqual(await all(createClient(StreamsService, told.invoke).give(3)), [1, 2, 3]);
});
