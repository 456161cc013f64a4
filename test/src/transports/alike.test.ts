import assert from "node:assert/strict";
import type { Duplex } from "node:stream";
import { describe, test } from "node:test";
import { type NewConnection, withOptions } from "@rpc/core";
import { calling } from "../wire/ground/calling.js";
import { failed } from "../wire/ground/failed.js";
import { grounds } from "../wire/ground/grounds.js";
import { serving } from "../wire/ground/serving.js";
import { until } from "../wire/ground/until.js";

/** A handler that answers with its argument when it is told to. */
function held() {
  const waiting: (() => void)[] = [];
  return {
    waiting,
    on: { hang: () => new Promise((resolve) => waiting.push(() => resolve("answered"))) },
    release: () => {
      for (const answer of waiting) answer();
    },
  };
}

for (const make of grounds) {
  const ground = make();
  describe(`over ${ground.name}, as over every other transport`, () => {
    test("a thousand calls at once are each answered with their own, over one connection", async (t) => {
      const { address, server, ran } = await serving(t, ground);
      const { probe } = calling(t, ground, address);
      const answers = await Promise.all(Array.from({ length: 1_000 }, (_, n) => probe.add(n, n)));
      assert.deepEqual(
        answers,
        Array.from({ length: 1_000 }, (_, n) => 2 * n),
      );
      assert.equal(server.connections, 1);
      assert.match(ran[0]?.peer?.address ?? "", new RegExp(`^${ground.name}://.`));
    });

    test("messages of 3 MiB arrive whole, both ways, and small calls among them are answered", async (t) => {
      const { address } = await serving(t, ground);
      const { probe } = calling(t, ground, address);
      const bytes = Buffer.alloc(3 * 1_024 * 1_024, "abcdefg");
      const large = [1, 2, 3].map(() => probe.echo(bytes));
      const small = Array.from({ length: 100 }, (_, n) => probe.add(n, 1));
      assert.deepEqual(
        await Promise.all(small),
        Array.from({ length: 100 }, (_, n) => n + 1),
      );
      for (const echoed of await Promise.all(large)) assert.ok(bytes.equals(echoed as Uint8Array));
    });

    test("a server that closes answers what it has begun, and leaves no connection behind", async (t) => {
      const { on, release, waiting } = held();
      const { address, server } = await serving(t, ground, { on });
      const { probe } = calling(t, ground, address, { retry: false });
      const calls = Array.from({ length: 100 }, () => probe.hang() as Promise<unknown>);
      await until("all have begun", () => waiting.length === 100);
      const closed = server.close();
      release();
      assert.deepEqual(new Set(await Promise.all(calls)), new Set(["answered"]));
      await closed;
      assert.equal(server.connections, 0);
    });

    test("a client that closes gets the answers of the calls it has made", async (t) => {
      const { on, release, waiting } = held();
      const { address, server } = await serving(t, ground, { on });
      const { probe, connector } = calling(t, ground, address, { retry: false });
      const calls = Array.from({ length: 100 }, () => probe.hang() as Promise<unknown>);
      await until("all have begun", () => waiting.length === 100);
      const closed = connector.close();
      release();
      assert.deepEqual(new Set(await Promise.all(calls)), new Set(["answered"]));
      await closed;
      await until("the connection is gone", () => server.connections === 0);
    });

    test("calls of a connection that breaks fail at once as maybe, and the next one is made over another", async (t) => {
      const streams: Duplex[] = [];
      const { address, ran, aborted } = await serving(t, ground);
      const { probe } = calling(t, ground, address, {
        retry: false,
        onConnect: ({ stream }: NewConnection) => void streams.push(stream),
      });
      const calls = [1, 2, 3].map(() => failed(probe.hang()));
      await until("all have begun", () => ran.length === 3);
      streams[0]!.destroy(Object.assign(new Error("torn down by the test"), { code: "ECONNRESET" }));
      for (const error of await Promise.all(calls)) {
        assert.deepEqual([error.code, error.processed], ["unavailable", "maybe"]);
      }
      await until("their handlers were told", () => aborted.length === 3);
      assert.equal(await probe.add(1, 2), 3);
      assert.equal(streams.length, 2);
    });

    test("a call that is cancelled is cancelled at the other end", async (t) => {
      const { address, ran, aborted } = await serving(t, ground);
      const { probe } = calling(t, ground, address);
      const caller = new AbortController();
      const call = failed(withOptions(probe, { signal: caller.signal }).hang());
      await until("it has begun", () => ran.length === 1);
      caller.abort();
      assert.equal((await call).code, "cancelled");
      await until("its handler was told", () => aborted.length === 1);
    });
  });
}
