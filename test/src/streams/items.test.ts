import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "@rpc/core";
import { streamGrounds } from "./ground/grounds.js";
import { notice, numbers, readAll } from "./ground/items.js";

const upTo = (end: number): number[] => Array.from({ length: end }, (_, n) => n);

for (const ground of streamGrounds) {
  describe(`items of streams over ${ground.name}`, () => {
    test("a result comes item by item, in order, and ends", async (t) => {
      const { client } = await ground.open(t, { give: (end) => numbers(end as number) });
      for (const end of [0, 1, 2, 1_000])
        assert.deepEqual(await readAll(client.give(end)), { items: upTo(end), thrown: undefined });
    });

    test("after the end there is nothing more, however often it is asked for", async (t) => {
      const { client } = await ground.open(t, { give: () => numbers(1) });
      const stream = client.give();
      assert.deepEqual(await stream.next(), { done: false, value: 0 });
      for (let times = 0; times < 3; times++) assert.deepEqual(await stream.next(), { done: true, value: undefined });
      assert.equal(stream[Symbol.asyncIterator](), stream);
    });

    test("items asked for at once come in order, each to who asked for it", async (t) => {
      const { client } = await ground.open(t, { give: () => numbers(3) });
      const stream = client.give();
      const asked = await Promise.all([stream.next(), stream.next(), stream.next(), stream.next(), stream.next()]);
      assert.deepEqual(
        asked.map(({ value }) => value),
        [0, 1, 2, undefined, undefined],
      );
    });

    test("the call is made when the method is called, not when the first item is asked for", async (t) => {
      const { told, tell } = notice<unknown>();
      const { client } = await ground.open(t, {
        give: (what) => {
          tell(what);
          return numbers(1);
        },
      });
      const stream = client.give("now");
      assert.equal(await told, "now");
      await stream.return();
    });

    test("an iterator written by hand streams, whose results are no promises: for await takes these, too", async (t) => {
      const left: string[] = [];
      const byHand = (name: string): AsyncIterable<unknown> => {
        let n = 0;
        const next = () => (n < 3 ? { done: false, value: n++ } : { done: true, value: undefined });
        const end = () => {
          left.push(name);
          return { done: true, value: undefined };
        };
        return { [Symbol.asyncIterator]: () => ({ next, return: end }) as unknown as AsyncIterator<unknown> };
      };
      const { client } = await ground.open(t, {
        give: (name) => byHand(name as string),
        take: async (items) => (await readAll(items)).items,
      });
      assert.deepEqual(await readAll(client.give("read")), { items: [0, 1, 2], thrown: undefined });
      assert.deepEqual(await client.take(byHand("argument")), [0, 1, 2]);
      const stream = client.give("left");
      assert.deepEqual(await stream.next(), { done: false, value: 0 });
      await stream.return();
      // Over a connection it was read to its end by then.
      if (!ground.wired) assert.deepEqual(left, ["left"]);
    });

    test("an iterator written by hand that throws instead of rejecting fails its stream with that", async (t) => {
      const throwing = {
        next() {
          throw new RpcError("aborted", "mine", { reason: "MINE" });
        },
      };
      const { client } = await ground.open(t, { give: () => ({ [Symbol.asyncIterator]: () => throwing }) as never });
      const { thrown } = await readAll(client.give());
      assert.deepEqual([(thrown as RpcError).code, (thrown as RpcError).reason], ["aborted", "MINE"]);
    });

    test("every kind of value travels as an item, those that look like an end too", async (t) => {
      const values = [null, undefined, 0, "", false, { done: true, value: 1 }, [], new Map([[1, new Date(5)]]), "text"];
      const { client } = await ground.open(t, {
        async *give() {
          yield* values;
        },
      });
      assert.deepEqual((await readAll(client.give())).items, values);
    });

    test("a handler may return a stream, a promise of one, or what only has Symbol.asyncIterator", async (t) => {
      const bare: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => {
          let n = 0;
          return { next: async () => (n < 3 ? { done: false, value: n++ } : { done: true, value: undefined }) };
        },
      };
      const { client } = await ground.open(t, {
        give: (what) => (what === "bare" ? bare : Promise.resolve(numbers(3))),
      });
      for (const what of ["bare", "promise"])
        assert.deepEqual((await readAll(client.give(what))).items, [0, 1, 2], what);
    });

    test("an argument comes item by item, and the call is answered as others are", async (t) => {
      const { client } = await ground.open(t, {
        take: async (items, note) => ({ ...(await readAll(items)), note }),
      });
      assert.deepEqual(await client.take(numbers(500), "n"), { items: upTo(500), thrown: undefined, note: "n" });
      assert.deepEqual(await client.take(numbers(0)), { items: [], thrown: undefined, note: undefined });
    });

    test("a two-way call sends and receives as each side likes", async (t) => {
      const { client } = await ground.open(t, {
        async *talk(items) {
          yield "hello";
          for await (const item of items) yield (item as number) * 2;
          yield "bye";
        },
      });
      assert.deepEqual((await readAll(client.talk(numbers(100)))).items, [
        "hello",
        ...upTo(100).map((n) => n * 2),
        "bye",
      ]);
    });

    test("a two-way call answers an item before the next one is there", async (t) => {
      const { client } = await ground.open(t, {
        async *talk(items) {
          for await (const item of items) yield item;
        },
      });
      const sent: ((n: number) => void)[] = [];
      async function* dictated(): AsyncGenerator<number> {
        for (let n = 0; n < 3; n++) yield await new Promise<number>((resolve) => sent.push(resolve));
      }
      const words = client.talk(dictated());
      for (let n = 0; n < 3; n++) {
        const answer = words.next();
        while (sent.length <= n) await new Promise((resolve) => setImmediate(resolve));
        sent[n]!(n * 10);
        assert.deepEqual(await answer, { done: false, value: n * 10 });
      }
      assert.equal((await words.next()).done, true);
    });

    test("several arguments of one call stream, in whatever order they are read", async (t) => {
      const { client } = await ground.open(t, {
        async *talk(items, others) {
          yield (await readAll(others!)).items;
          yield (await readAll(items)).items;
        },
      });
      assert.deepEqual((await readAll(client.talk(numbers(20), numbers(30)))).items, [upTo(30), upTo(20)]);
    });

    test("an argument that may be left out is left out", async (t) => {
      const { client } = await ground.open(t, {
        async *talk(items, others) {
          yield [(await readAll(items)).items, others];
        },
      });
      assert.deepEqual((await readAll(client.talk(numbers(2)))).items, [[[0, 1], undefined]]);
    });

    test("a hundred streams at once each get their own items", async (t) => {
      const { client } = await ground.open(t, {
        async *give(what) {
          for (let n = 0; n < 20; n++) yield `${String(what)} ${n}`;
        },
      });
      const all = await Promise.all(upTo(100).map((stream) => readAll(client.give(stream))));
      for (const [stream, { items }] of all.entries())
        assert.deepEqual(
          items,
          upTo(20).map((n) => `${stream} ${n}`),
        );
    });
  });
}
