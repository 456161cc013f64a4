import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import { batch, type Client, oneway, RpcError, withOptions } from "@rpc/core";
import { failed } from "../wire/ground/failed.js";
import { streamGrounds } from "./ground/grounds.js";
import { failing, numbers, readAll } from "./ground/items.js";

/** As plain JavaScript calls it, which no type holds back. */
type Untyped = Record<string, (...input: unknown[]) => never>;

const streams: readonly [what: string, make: () => unknown][] = [
  ["a generator", () => numbers(1)],
  ["a Readable", () => Readable.from([1])],
  ["a ReadableStream", () => new ReadableStream()],
  ["an object with Symbol.asyncIterator", () => ({ [Symbol.asyncIterator]: () => numbers(1) })],
];

for (const ground of streamGrounds) {
  describe(`streams where there may be none, over ${ground.name}`, () => {
    for (const [what, make] of streams) {
      test(`${what} given to a method that declares no stream fails here, and nothing is sent`, async (t) => {
        let ran = 0;
        const { client } = await ground.open(t, { once: async () => ++ran });
        const error = await failed(client.once(make()));
        assert.deepEqual(
          [error.code, error.reason, error.processed],
          ["invalid_argument", "STREAM_NOT_DECLARED", "no"],
        );
        assert.match(error.message, /^\/test\.Streams\/once.*stream/);
        assert.equal(ran, 0);
      });

      test(`${what} given to a method whose result alone streams fails the same way`, async (t) => {
        const { client } = await ground.open(t, { give: () => numbers(1) });
        const { error } = await failing(client.give(make()));
        assert.deepEqual([error.reason, error.processed], ["STREAM_NOT_DECLARED", "no"]);
      });

      test(`${what} returned by a method that declares no stream fails its call, and says what to declare`, async (t) => {
        const { client } = await ground.open(t, { once: async () => make() });
        const error = await failed(client.once());
        assert.deepEqual([error.code, error.reason, error.processed], ["internal", "STREAM_RETURNED", "yes"]);
        assert.match(error.message, /stream: "server"/);
      });
    }

    test("a method that declares a stream and returns none fails, and says so", async (t) => {
      for (const returned of [5, null, undefined, [1, 2], "text", { next: () => 1 }]) {
        const { client } = await ground.open(t, { give: (() => returned) as never });
        const { error, items } = await failing(client.give());
        assert.deepEqual([error.code, error.reason, items], ["internal", "NO_STREAM_RETURNED", []]);
      }
    });

    test("oneway calls and batches take none, and say what to do", async (t) => {
      let ran = 0;
      const { client } = await ground.open(t, {
        once: async () => 1,
        give: () => {
          ran++;
          return numbers(1);
        },
        take: async () => ++ran,
      });
      const untyped = oneway(client) as unknown as Untyped;
      for (const refused of [untyped["give"]!(), untyped["take"]!(numbers(1)), untyped["talk"]!(numbers(1))]) {
        const error = await failed(refused);
        assert.deepEqual([error.code, error.reason, error.processed], ["invalid_argument", "STREAM_REFUSED", "no"]);
        assert.match(error.message, /oneway\(\)/);
      }
      const [once, give] = await batch({}, (on) => {
        const both = on(client) as unknown as Client<{ once(): number; give(): number; take(): number }>;
        void both.take();
        return [both.once(), both.give()];
      });
      assert.equal(once?.status === "fulfilled" && once.value, 1);
      assert.ok(give?.status === "rejected" && give.reason instanceof RpcError);
      assert.equal(give.reason.reason, "STREAM_REFUSED");
      assert.equal(ran, 0);
    });

    test("options of a call are kept for streams, and told to be wrong as ever", async (t) => {
      const { client } = await ground.open(t, { give: () => numbers(1) });
      assert.throws(() => withOptions(client, { timeoutMs: Number.NaN }), TypeError);
      assert.deepEqual(
        (await readAll(withOptions(client, { timeoutMs: 60_000, priority: "critical" }).give())).items,
        [0],
      );
    });

    test("a stream that is logged, shown or turned to JSON asks for no item", async (t) => {
      const log: { at?: number } = {};
      const { client } = await ground.open(t, { give: () => numbers(5, log) });
      const stream = client.give();
      const { inspect } = await import("node:util");
      assert.ok(inspect(stream).length < 2_000);
      assert.equal(typeof JSON.stringify(stream), "string");
      assert.equal(await (async () => stream)(), stream);
      if (!ground.wired) assert.equal(log.at, undefined);
      await stream.return();
    });
  });
}
