import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type Call, currentCall, detached, RpcError } from "@rpc/core";
import { until } from "../wire/ground/until.js";
import { streamGrounds } from "./ground/grounds.js";
import { notice, numbers, readAll } from "./ground/items.js";

const known = (): Call | undefined => {
  try {
    return currentCall();
  } catch (thrown) {
    assert.equal((thrown as RpcError).reason, "NO_CURRENT_CALL");
    return undefined;
  }
};

for (const ground of streamGrounds) {
  describe(`the current call within streams over ${ground.name}`, () => {
    test("is its own in a generator's body, across items and pauses, of a hundred at once", async (t) => {
      const wrong: unknown[] = [];
      const { client } = await ground.open(t, {
        async *give(what) {
          for (let n = 0; n < 10; n++) {
            if (known()?.input[0] !== what) wrong.push([what, n]);
            await turn();
            if (known()?.input[0] !== what) wrong.push([what, n, "after a pause"]);
            yield n;
          }
        },
      });
      const all = await Promise.all(Array.from({ length: 100 }, (_, what) => readAll(client.give(what))));
      assert.deepEqual(new Set(all.map(({ items }) => items.length)), new Set([10]));
      assert.deepEqual(wrong, []);
    });

    test("is there where arguments are read, and in the end of a generator that is left", async (t) => {
      const seen: (string | undefined)[] = [];
      const { client } = await ground.open(t, {
        async *talk(items) {
          try {
            for await (const _ of items) {
              seen.push(known()?.method.name);
              yield 1;
            }
          } finally {
            seen.push(known()?.method.name, "end");
          }
        },
      });
      for await (const _ of client.talk(numbers(100))) break;
      await until("it has ended", () => seen.at(-1) === "end");
      assert.ok(seen.length > 2);
      assert.deepEqual(new Set(seen.slice(0, -1)), new Set(["talk"]));
    });

    test("ends with the stream: what goes on after it has none", async (t) => {
      const after = notice<Call | undefined>();
      const ended = notice();
      const { client } = await ground.open(t, {
        async *give() {
          void ended.told.then(() => after.tell(known()));
          yield 1;
        },
      });
      await readAll(client.give());
      await turn();
      ended.tell();
      assert.equal(await after.told, undefined);
    });

    test("ends with a stream that was left, or that failed", async (t) => {
      for (const how of ["left", "failed"]) {
        const after = notice<Call | undefined>();
        const ended = notice();
        let over = false;
        const { client } = await ground.open(t, {
          async *give() {
            void ended.told.then(() => after.tell(known()));
            try {
              yield 1;
              if (how === "failed") throw new RpcError("aborted", "mine");
              yield 2;
            } finally {
              over = true;
            }
          },
        });
        const stream = client.give();
        await stream.next();
        if (how === "left") await stream.return();
        else await readAll(stream);
        await until("the generator is over", () => over);
        await turn();
        ended.tell();
        assert.equal(await after.told, undefined, how);
      }
    });

    test("a caller's own source runs in the context in which the call was made", async (t) => {
      const mine = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      async function* source(): AsyncGenerator<number> {
        for (let n = 0; n < 3; n++) {
          seen.push([mine.getStore(), known()?.method.name]);
          await turn();
          yield n;
        }
      }
      const backend = await ground.open(t, { take: async (items) => (await readAll(items)).items.length });
      const { client } = await ground.open(t, {
        once: () => mine.run("mine", () => backend.client.take(source())),
      });
      assert.equal(await client.once(), 3);
      assert.deepEqual(seen, [
        ["mine", "once"],
        ["mine", "once"],
        ["mine", "once"],
      ]);
    });

    test("a generator runs within what an interceptor of its server made of the context", async (t) => {
      const tenant = new AsyncLocalStorage<string>();
      const { client } = await ground.open(
        t,
        {
          async *give() {
            yield tenant.getStore();
            await turn();
            yield tenant.getStore();
          },
        },
        { interceptors: [(next) => (call) => tenant.run("a", () => next(call))] },
      );
      assert.deepEqual((await readAll(client.give())).items, ["a", "a"]);
    });

    test("draining is told where somebody asks, and does not abort while nobody drains", async (t) => {
      let draining: AbortSignal | undefined;
      const { client } = await ground.open(t, {
        give: () => {
          ({ draining } = currentCall());
          return detached(() => numbers(2));
        },
      });
      await readAll(client.give());
      assert.equal(draining?.aborted, false);
    });
  });
}
