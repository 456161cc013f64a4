import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { type Interceptor, RpcError, withOptions } from "@rpc/core";
import { failed } from "../wire/ground/failed.js";
import { until } from "../wire/ground/until.js";
import { apart, streamsOf } from "./ground/apart.js";
import { failing, notice, numbers, readAll } from "./ground/items.js";

const never = new Promise<never>(() => {});

/** Yields its items, and then nothing, for ever. */
async function* thenNothing(...items: unknown[]): AsyncGenerator<unknown> {
  yield* items;
  await never;
}

describe("time and streams", () => {
  test("a stream of which nothing goes either way for limits.streamIdleMs ends on both sides", async (t) => {
    const { told, tell } = notice<unknown>();
    const { client, clock, server } = await apart(t, {
      talk: async function* (items) {
        yield 1;
        const { thrown } = await readAll(items);
        tell(thrown);
      },
    });
    const stream = client.talk(thenNothing());
    await stream.next();
    const waiting = failed(stream.next());
    await clock.advance(299_000);
    assert.equal(streamsOf(server)["open"], 2);
    await clock.advance(3_000);
    const { code, reason } = await waiting;
    assert.deepEqual([code, reason], ["deadline_exceeded", "STREAM_IDLE"]);
    assert.equal(((await told) as RpcError).code, "deadline_exceeded");
    assert.equal(streamsOf(server)["open"], 0);
  });

  test("a stream that was forgotten, neither read nor left, leaves its client once it was idle: its signal holds no call of it", async (t) => {
    const { client, clock, connector } = await apart(
      t,
      { give: () => numbers(1_000_000) },
      { serving: { limits: { streamIdleMs: 3_600_000 } } },
    );
    const { signal } = new AbortController();
    const streams = Array.from({ length: 5 }, () => withOptions(client, { signal, timeoutMs: Infinity }).give());
    for (const stream of streams) assert.equal((await stream.next()).value, 0);
    assert.equal(getEventListeners(signal, "abort").length > 0, true);
    await clock.advance(302_000);
    assert.equal(getEventListeners(signal, "abort").length, 0);
    const { pending, codes } = connector.stats().calls;
    assert.deepEqual([pending, codes], [0, { deadline_exceeded: 5 }]);
    // Who comes back all the same is told.
    for (const stream of streams) {
      const { items, error } = await failing(stream);
      assert.deepEqual([items, error.reason], [[], "STREAM_IDLE"]);
    }
  });

  test("an interceptor of the client that waits for an item of an idle stream may go on by another call", async (t) => {
    const again: Interceptor = (next) => async (call) => {
      async function* twice(): AsyncGenerator<unknown> {
        const { items, thrown } = await readAll((await next(call)) as AsyncIterable<unknown>);
        yield* [...items, (thrown as RpcError).reason];
        yield* (await next(call)) as AsyncIterable<unknown>;
      }
      return twice();
    };
    let calls = 0;
    const { client, clock } = await apart(
      t,
      { give: () => (++calls === 1 ? thenNothing(1) : numbers(2)) },
      { calling: { interceptors: [again] }, serving: { limits: { streamIdleMs: 3_600_000 } } },
    );
    const read = readAll(withOptions(client, { timeoutMs: Infinity }).give());
    await until("it waits", () => calls === 1);
    await clock.advance(302_000);
    assert.deepEqual(await read, { items: [1, "STREAM_IDLE", 0, 1], thrown: undefined });
  });

  test("one item now and then keeps a stream open for hours", async (t) => {
    let wake = (): void => {};
    const { client, clock } = await apart(t, {
      async *give() {
        for (let n = 0; ; n++) {
          yield n;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
    });
    const stream = client.give();
    for (let n = 0; n < 30; n++) {
      assert.equal((await stream.next()).value, n);
      await clock.advance(290_000);
      wake();
    }
    await stream.return();
  });

  test("at its deadline a stream ends for its reader, its handler and the producers of its arguments", async (t) => {
    let signal: AbortSignal | undefined;
    const { told, tell } = notice<unknown>();
    const { client, clock, server } = await apart(
      t,
      {
        talk: async function* (items) {
          yield 1;
          const { thrown } = await readAll(items);
          tell(thrown);
        },
      },
      {
        serving: {
          interceptors: [
            (next) => (call) => {
              ({ signal } = call);
              return next(call);
            },
          ],
        },
      },
    );
    const stream = withOptions(client, { timeoutMs: 5_000 }).talk(thenNothing());
    await stream.next();
    const waiting = failed(stream.next());
    await clock.advance(5_050);
    assert.equal((await waiting).code, "deadline_exceeded");
    assert.ok(((await told) as RpcError).code.length > 0);
    await until("the handler was told", () => streamsOf(server)["open"] === 0);
    assert.ok(signal === undefined || signal.aborted);
  });
});

describe("leaving and failing", () => {
  test("a stream that is given up before it was opened never runs on", async (t) => {
    const { told, tell } = notice();
    let running = 0;
    const { client, server, clock } = await apart(t, {
      give: async () => {
        running++;
        await told;
        running--;
        return numbers(1_000_000);
      },
    });
    const caller = new AbortController();
    const stream = withOptions(client, { signal: caller.signal }).give();
    const waiting = failed(stream.next());
    await until("the handler runs", () => running === 1);
    caller.abort();
    assert.equal((await waiting).code, "cancelled");
    await clock.settle();
    tell();
    await until("it is over", () => running === 0 && streamsOf(server)["open"] === 0);
    assert.equal(streamsOf(server)["itemsOut"], 0);
  });

  test("a handler that leaves a stream of its caller's ends that, and answers", async (t) => {
    const log: { left?: boolean } = {};
    const { client } = await apart(t, {
      take: async (items) => {
        for await (const item of items) if (item === 3) break;
        return "enough";
      },
    });
    assert.equal(await client.take(numbers(1_000_000, log)), "enough");
    await until("the producer was ended", () => log.left === true);
  });

  test("an answer ends streams that its handler never read", async (t) => {
    const log: { left?: boolean; at?: number } = {};
    const { client, server } = await apart(t, { take: async () => "at once" });
    assert.equal(await client.take(numbers(1_000_000, log)), "at once");
    await until("nothing is open", () => streamsOf(server)["open"] === 0);
    assert.equal(streamsOf(server)["heldBytes"], 0);
  });

  test("a generator whose return() throws or hangs is logged once, and holds up nobody", async (t) => {
    const { client, clock, log, server } = await apart(t, {
      give: (what) => ({
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false, value: 1 }),
          return: () => {
            if (what === "throws") throw new Error("of the generator");
            return never;
          },
        }),
      }),
    });
    for (const what of ["throws", "hangs"]) for await (const item of client.give(what)) if (item === 1) break;
    await until("both are over", () => streamsOf(server)["open"] === 0);
    assert.equal(await client.once(7), 7);
    await clock.advance(60_000);
    const about = log.filter(({ message }) => message.includes("a stream of")).map(({ level }) => level);
    assert.deepEqual(about.sort(), ["error", "warn"]);
  });

  test("an item that cannot be encoded fails its stream behind those before it, and nothing of it is sent", async (t) => {
    const log: { left?: boolean } = {};
    const { client, log: records } = await apart(t, {
      async *give() {
        try {
          yield* [1, 2];
          yield { text: "x".repeat(200_000), wrong: () => {} };
        } finally {
          log.left = true;
        }
      },
    });
    const { items, error } = await failing(client.give());
    assert.deepEqual([items, error.code, error.reason, error.processed], [[1, 2], "internal", "ENCODE_FAILED", "yes"]);
    assert.equal(log.left, true);
    assert.equal(records.filter(({ level }) => level === "error").length, 1);
    assert.equal(await client.once(1), 1);
  });

  test("an argument's item that cannot be encoded fails the call, and its handler hears of it", async (t) => {
    const { told, tell } = notice<unknown>();
    const begun = notice();
    const { client } = await apart(t, {
      take: async (items) => {
        begun.tell();
        const { items: read, thrown } = await readAll(items);
        tell(thrown);
        return read;
      },
    });
    async function* wrong(): AsyncGenerator<unknown> {
      yield 1;
      await begun.told;
      yield Symbol("no");
    }
    const { code, reason } = await failed(client.take(wrong()));
    assert.deepEqual([code, reason], ["invalid_argument", "ENCODE_FAILED"]);
    assert.equal(((await told) as RpcError).code, "cancelled");
  });

  test("an item above what the other side takes fails its stream: in the one direction, and in the other", async (t) => {
    const limits = { messageBytes: 100_000 };
    const { client } = await apart(
      t,
      {
        async *give(size) {
          yield Buffer.alloc(Number(size));
        },
        take: async (items) => (await readAll(items)).items.length,
      },
      { serving: { limits } },
    );
    async function* one(size: number): AsyncGenerator<Buffer> {
      yield Buffer.alloc(size);
    }
    assert.equal(await client.take(one(99_995)), 1);
    const up = await failed(client.take(one(100_000)));
    assert.equal(up.reason, "MESSAGE_TOO_LARGE");
    const { items } = await readAll(client.give(99_995));
    assert.equal(items.length, 1);
    const { error } = await failing(client.give(100_000));
    assert.deepEqual([error.code, error.reason], ["resource_exhausted", "MESSAGE_TOO_LARGE"]);
  });
});

describe("the end of a server and of a client", () => {
  test("streams go on while a server drains, and end with DRAINING where they outlast it", async (t) => {
    let wake = (): void => {};
    const { client, server, clock } = await apart(
      t,
      {
        async *give() {
          for (let n = 0; ; n++) {
            yield n;
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        },
      },
      { serving: { drainMs: 10_000 } },
    );
    const stream = client.give();
    await stream.next();
    const closed = server.close();
    await clock.advance(5_000);
    wake();
    assert.equal((await stream.next()).value, 1, "in the middle of the drain");
    const waiting = failed(stream.next());
    await clock.advance(6_000);
    const { code, reason, processed } = await waiting;
    assert.deepEqual([code, reason, processed], ["unavailable", "DRAINING", "maybe"]);
    await closed;
  });

  test("a server closes as soon as its last stream has ended", async (t) => {
    const { told, tell } = notice();
    const { client, server, clock } = await apart(t, {
      async *give() {
        yield 1;
        await told;
        yield 2;
      },
    });
    const stream = client.give();
    await stream.next();
    const closed = server.close();
    await clock.advance(2_000);
    tell();
    assert.deepEqual(await readAll(stream), { items: [2], thrown: undefined });
    await clock.settle();
    await closed;
  });

  test("a client that closes lets its streams end, and then ends those that do not", async (t) => {
    const { told, tell } = notice();
    const { client, connector, clock } = await apart(t, {
      async *give(how) {
        yield 1;
        await (how === "ends" ? told : never);
        yield 2;
      },
    });
    const [ends, stays] = [client.give("ends"), client.give("stays")];
    for (const stream of [ends, stays]) await stream.next();
    const waiting = failed(stays.next());
    const closed = connector.close();
    await clock.advance(1_000);
    tell();
    assert.deepEqual(await readAll(ends), { items: [2], thrown: undefined });
    await clock.advance(25_000);
    assert.equal((await waiting).reason, "CLOSED");
    await closed;
  });
});

describe("limits of streams", () => {
  test("as many streams as limits.streams are open on a connection; one more fails here, and works once one has ended", async (t) => {
    const { client, server } = await apart(t, { give: () => thenNothing(1) }, { calling: { limits: { streams: 3 } } });
    const streams = [client.give(), client.give(), client.give()];
    for (const stream of streams) assert.equal((await stream.next()).value, 1);
    const { code, reason, processed } = await failed(client.give().next());
    assert.deepEqual([code, reason, processed], ["resource_exhausted", "STREAM_LIMIT", "no"]);
    await streams[0]!.return();
    const another = client.give();
    assert.equal((await another.next()).value, 1);
    assert.equal(await client.once(1), 1, "calls are not counted");
    for (const stream of [...streams, another]) await stream.return();
    await until("all are over", () => streamsOf(server)["open"] === 0);
  });

  test("arguments count as streams, and a server says no to those above its own limits: streams of a connection, and of all", async (t) => {
    const handlers = {
      take: async (items: AsyncIterable<unknown>) => (await readAll(items)).items.length,
      give: () => thenNothing(1),
    };
    const { client } = await apart(t, handlers, { serving: { streams: 2 } });
    const stream = client.give();
    await stream.next();
    const caller = new AbortController();
    const held = failed(withOptions(client, { signal: caller.signal }).take(thenNothing()));
    const { reason, processed, origin } = await failed(client.take(numbers(1)));
    assert.deepEqual([reason, processed, origin], ["STREAM_LIMIT", "no", "peer"]);
    await stream.return();
    assert.equal(await client.take(numbers(5)), 5);
    caller.abort();
    await held;
  });

  test("streams that are open keep no other calls from being made: neither inFlight nor handlersRunning counts them", async (t) => {
    const { client } = await apart(
      t,
      { give: () => thenNothing(1) },
      {
        serving: { handlersRunning: 1, limits: { inFlight: 1 } },
        calling: { limits: { inFlight: 1 } },
      },
    );
    const streams = Array.from({ length: 20 }, () => client.give());
    for (const stream of streams) assert.equal((await stream.next()).value, 1);
    assert.equal(await client.once(1), 1);
    for (const stream of streams) await stream.return();
  });
});

describe("streams that nobody reads", () => {
  test("hold up no other, however many they are", async (t) => {
    const { client, connector } = await apart(t, {
      async *give(size) {
        for (;;) yield Buffer.alloc(Number(size));
      },
    });
    const unread = Array.from({ length: 1_000 }, (_, n) => client.give(n % 2 === 0 ? 100 : 100_000));
    const stream = client.give(100_000);
    for (let n = 0; n < 100; n++) assert.equal(((await stream.next()).value as Buffer).length, 100_000);
    const { heldBytes } = streamsOf(connector);
    assert.ok(heldBytes! <= 4 * 1_048_576, `${heldBytes} bytes are held`);
    for (const each of [...unread, stream]) await each.return();
  });

  test("and those that are read up to a point hold up no other either", async (t) => {
    const { client } = await apart(t, {
      async *give(size) {
        for (;;) yield Buffer.alloc(Number(size));
      },
    });
    const stopped = Array.from({ length: 40 }, () => client.give(50_000));
    for (let n = 0; n < 12; n++) for (const each of stopped) await each.next();
    const stream = client.give(100_000);
    for (let n = 0; n < 50; n++) assert.equal(((await stream.next()).value as Buffer).length, 100_000);
    for (const each of [...stopped, stream]) await each.return();
  });
});

describe("what is left behind", () => {
  test("of 10,000 streams that were left early, and 1,000 that a lost connection cut: nothing", async (t) => {
    let open = 0;
    const ends: { destroy(): void }[] = [];
    const { client, server, connector } = await apart(
      t,
      {
        async *give() {
          open++;
          try {
            for (let n = 0; ; n++) yield { n, text: "some text" };
          } finally {
            open--;
          }
        },
      },
      { serving: { onConnect: ({ stream }) => void ends.push(stream) } },
    );
    for (let round = 0; round < 100; round++) {
      const streams = Array.from({ length: 100 }, () => client.give());
      await Promise.all(
        streams.map(async (stream) => {
          for await (const item of stream) if ((item as { n: number }).n === 2) break;
        }),
      );
    }
    await until("all generators have ended", () => open === 0 && streamsOf(server)["open"] === 0);
    assert.deepEqual([streamsOf(connector)["open"], streamsOf(connector)["heldBytes"]], [0, 0]);
    const streams = Array.from({ length: 1_000 }, () => client.give());
    for (const stream of streams) await stream.next();
    for (const end of ends.splice(0)) end.destroy();
    for (const stream of streams) {
      const { reason } = await failed(
        (async () => {
          for (;;) if ((await stream.next()).done) return;
        })(),
      );
      assert.equal(reason, "CONNECTION_LOST");
    }
    await until("all generators have ended", () => open === 0);
  });
});
