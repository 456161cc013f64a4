import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Duplex } from "node:stream";
import { describe, test } from "node:test";
import { currentCall, type NewConnection, RpcError, type ServerCallEvent } from "@rpc/core";
import { failed } from "../wire/ground/failed.js";
import { until } from "../wire/ground/until.js";
import { wiredGrounds } from "./ground/grounds.js";
import { failing, notice, numbers, readAll } from "./ground/items.js";

/** Yields one item, and then nothing until its caller or its server ends it. */
async function* hanging(first: unknown = 0, log: { left?: boolean } = {}): AsyncGenerator<unknown> {
  const { signal } = currentCall();
  try {
    yield first;
    await new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
  } finally {
    log.left = true;
  }
}

for (const ground of wiredGrounds) {
  describe(`how long streams live over ${ground.name}`, () => {
    test("a server that shuts down finishes its streams, which hear of it and may say something last", async (t) => {
      const { client, server } = await ground.open(t, {
        async *give() {
          const { draining } = currentCall();
          yield "first";
          if (!draining!.aborted) await new Promise((resolve) => draining!.addEventListener("abort", resolve));
          yield (draining!.reason as RpcError).reason;
          yield "goodbye";
        },
      });
      const stream = client.give();
      await stream.next();
      const closed = server!.close();
      assert.deepEqual(await readAll(stream), { items: ["DRAINING", "goodbye"], thrown: undefined });
      await closed;
    });

    test("a stream that outlasts the drain ends with DRAINING, and its generator with it", async (t) => {
      const log: { left?: boolean } = {};
      const { client, server } = await ground.open(t, { give: () => hanging(0, log) }, { serving: { drainMs: 50 } });
      const stream = client.give();
      await stream.next();
      const closed = server!.close();
      const { error, items } = await failing(stream);
      assert.deepEqual([items, error.code, error.reason], [[], "unavailable", "DRAINING"]);
      await closed;
      await until("the generator has ended", () => log.left === true);
    });

    test("a client that closes waits for what it reads, until that ends or is left", async (t) => {
      const { client, connector } = await ground.open(t, { give: (end) => numbers(end as number) });
      const ends = client.give(300);
      const left = client.give(1_000_000_000);
      await Promise.all([ends.next(), left.next()]);
      const closed = connector!.close();
      assert.equal((await readAll(ends)).items.length, 299);
      await left.return();
      await closed;
      assert.equal((await failing(client.give(1))).error.reason, "CLOSED");
    });

    test("nothing that comes or goes for streamIdleMs ends both sides with STREAM_IDLE", async (t) => {
      const log: { left?: boolean } = {};
      const { told, tell } = notice<RpcError>();
      const { client } = await ground.open(
        t,
        {
          give: () => {
            const { signal } = currentCall();
            signal!.addEventListener("abort", () => tell(signal!.reason as RpcError));
            return hanging(0, log);
          },
        },
        { serving: { limits: { streamIdleMs: 200 } }, calling: { limits: { streamIdleMs: 200 } } },
      );
      let over = false;
      const outcome = failing(client.give()).finally(() => {
        over = true;
      });
      // Within the process no socket keeps it alive while nothing happens.
      await until("it has ended", () => over);
      const { items, error } = await outcome;
      assert.deepEqual([items, error.code, error.reason], [[0], "deadline_exceeded", "STREAM_IDLE"]);
      assert.ok(["STREAM_IDLE", "CANCELLED"].includes((await told).reason));
      await until("the generator has ended", () => log.left === true);
    });

    test("above the streams that a connection may have a call fails here, and succeeds when one has ended", async (t) => {
      const { client } = await ground.open(t, { give: () => hanging() }, { serving: { limits: { streams: 2 } } });
      const open = [client.give(), client.give()];
      for (const stream of open) await stream.next();
      const { error } = await failing(client.give());
      assert.deepEqual([error.code, error.reason, error.processed], ["resource_exhausted", "STREAM_LIMIT", "no"]);
      await open[0]!.return();
      const next = client.give();
      assert.equal((await next.next()).value, 0);
      for (const stream of [...open, next]) await stream.return();
    });

    test("above the streams that a server may have a call is rejected, certain that it never ran", async (t) => {
      let ran = 0;
      const { client } = await ground.open(
        t,
        {
          give: () => {
            ran++;
            return hanging();
          },
        },
        { serving: { streams: 2 }, calling: { retry: false } },
      );
      const open = [client.give(), client.give()];
      for (const stream of open) await stream.next();
      const { error } = await failing(client.give());
      assert.deepEqual([error.reason, error.processed, error.origin, ran], ["STREAM_LIMIT", "no", "peer", 2]);
      for (const stream of open) await stream.return();
    });

    test("streams that are open take no place among the running handlers", async (t) => {
      const { client } = await ground.open(
        t,
        { give: () => hanging(), once: async () => "answered" },
        { serving: { handlersRunning: 1 } },
      );
      const open = Array.from({ length: 20 }, () => client.give());
      for (const stream of open) assert.equal((await stream.next()).value, 0);
      assert.equal(await client.once(), "answered");
      for (const stream of open) await stream.return();
    });

    test("a connection lost before the first item is tried again only where the method is idempotent", async (t) => {
      const sockets: Duplex[] = [];
      const attempts: number[] = [];
      async function* lateAtFirst(): AsyncGenerator<number> {
        attempts.push(currentCall().attempt);
        if (sockets.length === 1)
          await new Promise((resolve) => currentCall().signal!.addEventListener("abort", resolve));
        yield* numbers(3);
      }
      const { client } = await ground.open(
        t,
        { give: lateAtFirst, again: lateAtFirst },
        { calling: { onConnect: ({ stream }: NewConnection) => void sockets.push(stream) } },
      );
      const plain = failing(client.give());
      const idempotent = readAll(client.again());
      await until("both have begun", () => attempts.length === 2);
      sockets[0]!.destroy();
      const { error } = await plain;
      assert.deepEqual([error.reason, error.processed, error.attempts], ["CONNECTION_LOST", "maybe", 1]);
      assert.deepEqual(await idempotent, { items: [0, 1, 2], thrown: undefined });
      assert.deepEqual(attempts, [1, 1, 2]);
    });

    test("figures count a stream while it is open, and how it ended; the server's event comes at its end", async (t) => {
      const events: ServerCallEvent[] = [];
      const onEvent = (event: unknown): void => void events.push(event as ServerCallEvent);
      subscribe("rpc:server:call", onEvent);
      t.after(() => unsubscribe("rpc:server:call", onEvent));
      const { client, server, connector } = await ground.open(t, {
        async *give(how) {
          yield 1;
          if (how === "fails") throw new RpcError("aborted", "mine", { reason: "MINE" });
        },
      });
      const stream = client.give();
      await stream.next();
      assert.equal(connector!.stats().calls.pending, 1);
      await stream.next();
      await failing(client.give("fails"));
      for await (const _ of client.give("left")) break;
      await until("the server knows", () => server!.stats().total.streams.open === 0);
      const { calls, ok, pending, codes } = connector!.stats().calls;
      assert.deepEqual(
        { calls, ok, pending, codes },
        { calls: 3, ok: 1, pending: 0, codes: { aborted: 1, cancelled: 1 } },
      );
      assert.equal(server!.stats().total.streams.opened, 3);
      const told = events.map(({ path, code }) => `${path} ${code}`);
      assert.deepEqual(told.slice(0, 2), ["/test.Streams/give ok", "/test.Streams/give aborted"]);
    });

    test("an item that cannot be encoded fails its stream behind those before it, on either side, and nothing else", async (t) => {
      const log: { left?: boolean } = {};
      const { client, log: written } = await ground.open(t, {
        async *give() {
          try {
            yield 1;
            yield () => "a function";
          } finally {
            log.left = true;
          }
        },
        take: async (items) => (await readAll(items)).items.length,
        once: async () => "answered",
      });
      const { items, error } = await failing(client.give());
      assert.deepEqual([items, error.code, error.reason], [[1], "internal", "ENCODE_FAILED"]);
      await until("the generator has ended", () => log.left === true);
      assert.ok(written.some(({ level }) => level === "error"));
      async function* source(): AsyncGenerator<unknown> {
        yield 1;
        yield Symbol("mine");
      }
      const mine = await failed(client.take(source()));
      assert.deepEqual([mine.code, mine.reason, mine.origin], ["invalid_argument", "ENCODE_FAILED", "local"]);
      assert.equal(await client.once(), "answered");
    });

    test("errors of classes that both sides name arrive as these behind items, too", async (t) => {
      class SoldOut extends RpcError {
        static override readonly reason = "SOLD_OUT";
        declare readonly details: { readonly left: number };
        constructor(left: number) {
          super("failed_precondition", `${left} left`, { details: { left } });
        }
      }
      const { client } = await ground.open(
        t,
        {
          async *give() {
            yield 1;
            throw new SoldOut(2);
          },
        },
        { serving: { errors: [SoldOut] }, calling: { errors: [SoldOut] } },
      );
      const { error } = await failing(client.give());
      assert.ok(error instanceof SoldOut);
      assert.equal(error.details.left, 2);
    });
  });
}
