import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import { currentCall, type Interceptor, type Invoke, type ResultStream, type RpcError, withOptions } from "@rpc/core";
import { until } from "../wire/ground/until.js";
import { streamGrounds } from "./ground/grounds.js";
import { failing, notice, numbers, readAll } from "./ground/items.js";

async function* passedOn(items: unknown): AsyncGenerator<unknown> {
  yield* items as AsyncIterable<unknown>;
}

/** Answers when its caller has gone. */
function lateBehind(next: Invoke): Invoke {
  return async (call) => {
    const items = await next(call);
    const { signal } = call;
    if (!signal!.aborted) await new Promise((resolve) => signal!.addEventListener("abort", resolve));
    return passedOn(items);
  };
}

/** Leaves a stream when its handler was called. */
async function leaveOnceAsked(stream: ResultStream<unknown>, called: () => boolean): Promise<void> {
  void stream.next();
  await until("its handler was called", called);
  await stream.return();
}

for (const ground of streamGrounds) {
  describe(`leaving streams over ${ground.name}`, () => {
    test("a loop that is left ends the handler's generator, and aborts its signal", async (t) => {
      const log: { at?: number; left?: boolean } = {};
      let signal: AbortSignal | undefined;
      const { client } = await ground.open(t, {
        give: () => {
          ({ signal } = currentCall());
          return numbers(1_000_000, log);
        },
      });
      for await (const item of client.give()) if (item === 5) break;
      await until("the generator has ended", () => log.left === true);
      assert.equal(signal?.aborted, true);
      assert.equal((signal?.reason as RpcError | undefined)?.code, "cancelled");
    });

    test("a handler that waits for something of its own hears of it at once", async (t) => {
      const { told, tell } = notice<RpcError>();
      let begun = false;
      const { client } = await ground.open(t, {
        async *give() {
          const { signal } = currentCall();
          yield 1;
          begun = true;
          await new Promise<void>((resolve) =>
            signal!.addEventListener("abort", () => {
              tell(signal!.reason as RpcError);
              resolve();
            }),
          );
        },
      });
      const stream = client.give();
      await stream.next();
      const waiting = stream.next();
      if (ground.wired) await until("it waits", () => begun);
      await stream.return();
      assert.equal((await waiting).done, true);
      assert.equal((await told).code, "cancelled");
    });

    test("return() ends it once, resolves at once, and leaves nothing to read", async (t) => {
      const log: { left?: boolean } = {};
      const { client } = await ground.open(t, { give: () => numbers(9, log) });
      const stream = client.give();
      assert.deepEqual(await stream.next(), { done: false, value: 0 });
      const waiting = [stream.next(), stream.next()];
      assert.deepEqual(await stream.return(), { done: true, value: undefined });
      assert.deepEqual(await stream.return(), { done: true, value: undefined });
      for (const { value } of await Promise.all(waiting)) assert.ok(value === 1 || value === undefined);
      assert.deepEqual(await stream.next(), { done: true, value: undefined });
      await until("the generator has ended", () => log.left === true);
    });

    for (const [what, interceptor, read] of [
      [
        "that throws it away",
        (next) => async (call) => {
          await next(call);
          throw new Error("mine");
        },
        readAll,
      ],
      [
        "that answers by something else",
        (next) => async (call) => {
          await next(call);
          return numbers(3);
        },
        readAll,
      ],
      ["that goes on in it, when its caller leaves before that has begun", (next) => lateBehind(next), leaveOnceAsked],
      [
        "that goes on in it, when its caller leaves while it waits for an item",
        (next) => async (call) => passedOn(await next(call)),
        leaveOnceAsked,
      ],
      [
        "that has answered before the handler has",
        (next) => async (call) => {
          void next(call);
          return numbers(3);
        },
        readAll,
      ],
    ] as readonly [string, Interceptor, (stream: ResultStream<unknown>, asked: () => boolean) => Promise<unknown>][])
      test(`a file that a handler returns is closed with its call below an interceptor ${what}`, async (t) => {
        const go = notice();
        let file: Readable | undefined;
        let called = false;
        const { client } = await ground.open(
          t,
          {
            give: async () => {
              called = true;
              if (what.includes("before the handler")) await go.told;
              // Of a terminal, say: it may be open for ever.
              file = new Readable({ read: () => {} });
              return file as never;
            },
          },
          { interceptors: [interceptor] },
        );
        await read(client.give(), () => called);
        go.tell();
        await until("it was closed", () => file?.destroyed === true);
      });

    test("a source below interceptors hears once that it was left, and nothing where it was read to its end", async (t) => {
      const log: string[] = [];
      const byHand = (name: string): AsyncIterable<unknown> => {
        let n = 0;
        const next = async (): Promise<IteratorResult<unknown>> =>
          n < 3 ? { done: false, value: n++ } : { done: true, value: undefined };
        const left = async (): Promise<IteratorResult<unknown>> => {
          log.push(name);
          return { done: true, value: undefined };
        };
        return { [Symbol.asyncIterator]: () => ({ next, return: left }) };
      };
      const { client, server } = await ground.open(
        t,
        { give: (what) => byHand(what as string) },
        { interceptors: [(next) => async (call) => passedOn(await next(call))] },
      );
      assert.deepEqual((await readAll(client.give("read"))).items, [0, 1, 2]);
      for await (const _ of client.give("left")) break;
      if (server !== undefined) await until("the server knows", () => server.stats().total.streams.open === 0);
      assert.deepEqual(
        log.filter((name) => name === "read"),
        [],
      );
      // Over a connection it may have been read to its end by then.
      assert.ok(log.length === 1 || (ground.wired && log.length === 0), `${log}`);
    });

    test("who waits for an item that never comes is let go by return()", async (t) => {
      const { client } = await ground.open(t, {
        async *give() {
          await new Promise((_, reject) => currentCall().signal!.addEventListener("abort", reject));
        },
      });
      const stream = client.give();
      const waiting = stream.next();
      await stream.return();
      assert.deepEqual(await waiting, { done: true, value: undefined });
    });

    test("one that is left before it was read, and one whose scope ends, end the handler too", async (t) => {
      const ended: unknown[] = [];
      const { client } = await ground.open(t, {
        give: (what) => {
          currentCall().signal!.addEventListener("abort", () => ended.push(what));
          return numbers(1_000_000);
        },
      });
      await client.give("return").return();
      await client.give("dispose")[Symbol.asyncDispose]();
      const thrown = new Error("mine");
      await assert.rejects(client.give("throw").throw(thrown), thrown);
      // A call that was given up before it was written is never run.
      if (ground.wired) return;
      assert.deepEqual(ended, ["return", "dispose", "throw"]);
    });

    test("a signal cancels it, with an error behind what was read", async (t) => {
      const log: { left?: boolean } = {};
      const caller = new AbortController();
      const { client } = await ground.open(t, { give: () => numbers(1_000_000, log) });
      const read: unknown[] = [];
      const stream = withOptions(client, { signal: caller.signal }).give();
      await assert.rejects(
        async () => {
          for await (const item of stream) {
            read.push(item);
            if (item === 3) caller.abort(new Error("enough"));
          }
        },
        { code: "cancelled", reason: "CANCELLED", message: /test\.Streams\/give was cancelled/ },
      );
      assert.deepEqual(read, [0, 1, 2, 3]);
      await until("the generator has ended", () => log.left === true);
    });

    test("a signal that has aborted already sends nothing", async (t) => {
      let ran = 0;
      const { client } = await ground.open(t, {
        give: () => {
          ran++;
          return numbers(1);
        },
      });
      const { error, items } = await failing(withOptions(client, { signal: AbortSignal.abort() }).give());
      assert.deepEqual([error.code, error.processed, items, ran], ["cancelled", "no", [], 0]);
    });

    test("a handler that stops reading an argument ends its source, and its call goes on", async (t) => {
      const log: { at?: number; left?: boolean } = {};
      const { client } = await ground.open(t, {
        take: async (items) => {
          for await (const item of items) if (item === 3) break;
          await until("the source has ended", () => log.left === true);
          return "enough";
        },
      });
      assert.equal(await client.take(numbers(1_000_000, log)), "enough");
      assert.ok((log.at ?? 0) < 1_000_000);
    });

    test("a call that is answered ends the sources of its arguments", async (t) => {
      const log: { left?: boolean } = {};
      const { client } = await ground.open(t, {
        take: async (items) => (await items[Symbol.asyncIterator]().next()).value,
      });
      assert.equal(await client.take(numbers(1_000_000, log)), 0);
      await until("the source has ended", () => log.left === true);
    });

    test("a stream of arguments that nobody reads is ended with its call", async (t) => {
      let ended = 0;
      const source: AsyncIterableIterator<number> = {
        next: () => new Promise(() => {}),
        return: async () => {
          ended++;
          return { done: true, value: undefined };
        },
        [Symbol.asyncIterator]: () => source,
      };
      const { client } = await ground.open(t, { take: async () => "not read" });
      assert.equal(await client.take(source), "not read");
      assert.equal(ended, 1);
    });

    test("a caller who leaves a two-way call ends what both sides send", async (t) => {
      const there: { left?: boolean } = {};
      const here: { left?: boolean } = {};
      let thrown: unknown;
      const { client } = await ground.open(t, {
        async *talk(items) {
          try {
            yield 1;
            ({ thrown } = await readAll(items));
          } finally {
            there.left = true;
          }
        },
      });
      const words = client.talk(numbers(1_000_000_000, here));
      await words.next();
      const waiting = words.next();
      await words.return();
      await waiting;
      await until("both have ended", () => here.left === true && there.left === true);
      if (thrown !== undefined) assert.equal((thrown as RpcError).code, "cancelled");
    });

    test("a handler that reads on after its caller left is told, and takes no part for the whole", async (t) => {
      const { told, tell } = notice<unknown>();
      const caller = new AbortController();
      const { client } = await ground.open(t, {
        take: async (items) => {
          const iterator = items[Symbol.asyncIterator]();
          await iterator.next();
          caller.abort();
          await until("it was told", () => currentCall().signal!.aborted);
          for (;;) {
            const next = await iterator.next().then(
              (result) => result,
              (thrown: unknown) => tell(thrown),
            );
            if (next === undefined || next.done) return;
          }
        },
      });
      async function* slow(): AsyncGenerator<number> {
        yield 1;
        await new Promise(() => {});
      }
      await assert.rejects(withOptions(client, { signal: caller.signal }).take(slow()), { code: "cancelled" });
      assert.equal(((await told) as RpcError | undefined)?.code, "cancelled");
    });
  });
}
