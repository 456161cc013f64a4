import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { currentCall, RpcError } from "@rpc/core";
import { failed } from "../wire/ground/failed.js";
import { until } from "../wire/ground/until.js";
import { streamGrounds } from "./ground/grounds.js";
import { failing, notice, numbers, readAll } from "./ground/items.js";

const secret = "/etc/secret and a stack";

async function* thenThrows(count: number, thrown: unknown): AsyncGenerator<number> {
  yield* numbers(count);
  throw thrown;
}

for (const ground of streamGrounds) {
  describe(`streams that fail over ${ground.name}`, () => {
    test("an error comes behind the items that were before it, once", async (t) => {
      const own = new RpcError("not_found", "no more", { reason: "NO_MORE", details: { left: 0 } });
      const { client } = await ground.open(t, { give: (count) => thenThrows(count as number, own) });
      for (const count of [0, 1, 300]) {
        const stream = client.give(count);
        const { items, error } = await failing(stream);
        assert.equal(items.length, count);
        assert.deepEqual(
          [error.code, error.reason, error.message, error.details, error.processed, error.origin],
          ["not_found", "NO_MORE", "no more", { left: 0 }, "yes", "peer"],
        );
        assert.deepEqual(await stream.next(), { done: true, value: undefined });
      }
    });

    test("what a generator throws that was not meant for its caller is logged in full, and not told", async (t) => {
      const { client, log } = await ground.open(t, { give: () => thenThrows(2, new Error(secret)) });
      const { items, error } = await failing(client.give());
      assert.deepEqual([items, error.code, error.reason], [[0, 1], "unknown", "HANDLER_ERROR"]);
      assert.ok(!JSON.stringify(error.message).includes("secret"));
      const logged = log.filter(({ level }) => level === "error");
      assert.equal(logged.length, 1, JSON.stringify(log));
      assert.ok(JSON.stringify(logged).includes(secret));
    });

    test("a handler that throws before it has a stream fails the first item", async (t) => {
      const { client } = await ground.open(t, {
        give: (how) => {
          const thrown = new RpcError("permission_denied", "not you");
          if (how === "later") return Promise.reject(thrown);
          throw thrown;
        },
      });
      for (const how of ["at once", "later"]) {
        const { items, error } = await failing(client.give(how));
        assert.deepEqual([items, error.code], [[], "permission_denied"]);
      }
    });

    test("an error that nobody reads is no unhandled rejection, and the stream can be left", async (t) => {
      const { told, tell } = notice();
      const { client } = await ground.open(t, {
        give: () => {
          tell();
          throw new RpcError("aborted", "nobody hears this");
        },
      });
      const stream = client.give();
      await told;
      for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(await stream.return(), { done: true, value: undefined });
    });

    test("a source that throws fails the call here with its cause, and the handler's reading with cancelled", async (t) => {
      const { told, tell } = notice<{ items: unknown[]; thrown: unknown }>();
      const cause = new Error("my file is gone");
      const begun = notice();
      const { client } = await ground.open(t, {
        take: async (items) => {
          begun.tell();
          tell(await readAll(items));
          return "never heard";
        },
      });
      async function* source(): AsyncGenerator<number> {
        yield* numbers(2);
        await begun.told;
        throw cause;
      }
      const error = await failed(client.take(source()));
      assert.deepEqual(
        [error.code, error.reason, error.origin],
        ["invalid_argument", "ARGUMENT_STREAM_FAILED", "local"],
      );
      assert.equal(error.cause, cause);
      const { thrown } = await told;
      assert.equal((thrown as RpcError).code, "cancelled");
    });

    test("a source that throws fails a two-way call behind what its caller got", async (t) => {
      const cause = new Error("mine");
      const { client } = await ground.open(t, {
        async *talk(items) {
          for await (const item of items) yield item;
        },
      });
      const words = client.talk(thenThrows(0, cause));
      const { error } = await failing(words);
      assert.deepEqual([error.reason, error.cause], ["ARGUMENT_STREAM_FAILED", cause]);
    });

    test("a source whose iterator cannot be made, or is none, fails its call in the same way", async (t) => {
      const { client } = await ground.open(t, { take: async (items) => (await readAll(items)).items });
      const cause = new Error("no iterator");
      const sources: AsyncIterable<unknown>[] = [
        {
          [Symbol.asyncIterator]: () => {
            throw cause;
          },
        },
        { [Symbol.asyncIterator]: () => ({}) as AsyncIterator<unknown> },
        {
          [Symbol.asyncIterator]: () => ({
            next: () => {
              throw cause;
            },
          }),
        },
      ];
      for (const source of sources) {
        const error = await failed(client.take(source));
        assert.equal(error.reason, "ARGUMENT_STREAM_FAILED");
      }
    });

    test("an error of a handler with arguments that stream arrives while they are still sent", async (t) => {
      const log: { left?: boolean } = {};
      const { client } = await ground.open(t, {
        take: async (items) => {
          for await (const _ of items) throw new RpcError("resource_exhausted", "too many", { reason: "MINE" });
          return "unreachable";
        },
      });
      const error = await failed(client.take(numbers(1_000_000, log)));
      assert.deepEqual([error.code, error.reason, error.processed], ["resource_exhausted", "MINE", "yes"]);
      await until("the source has ended", () => log.left === true);
    });

    test("a relayed error of a stream within a stream crosses as unknown", async (t) => {
      const inner = await ground.open(t, { give: () => thenThrows(1, new RpcError("unavailable", "inner")) });
      const { client } = await ground.open(t, { give: () => inner.client.give() });
      const { items, error } = await failing(client.give());
      assert.deepEqual([items, error.code, error.reason], [[0], "unknown", "HANDLER_ERROR"]);
    });

    test("an iterator that throws when it is left takes nobody with it", async (t) => {
      const source: AsyncIterableIterator<number> = {
        next: async () => ({ done: false, value: 1 }),
        return: () => Promise.reject(new Error("I will not go")),
        [Symbol.asyncIterator]: () => source,
      };
      const { client } = await ground.open(t, {
        give: () => source,
        take: async (items) => {
          for await (const item of items) return item;
          return undefined;
        },
      });
      for await (const item of client.give()) {
        assert.equal(item, 1);
        break;
      }
      assert.equal(await client.take(source), 1);
      assert.equal(await client.take(numbers(3)), 0);
    });

    test("the signal of a stream that ended by itself does not abort", async (t) => {
      const signals: AbortSignal[] = [];
      const { client } = await ground.open(t, {
        give: () => {
          signals.push(currentCall().signal!);
          return numbers(3);
        },
      });
      await readAll(client.give());
      assert.deepEqual(
        signals.map(({ aborted }) => aborted),
        [false],
      );
    });
  });
}
