import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import type { Duplex } from "node:stream";
import { describe, test } from "node:test";
import { currentCall, type NewConnection, RpcError, withOptions } from "@rpc/core";
import { until } from "../wire/ground/until.js";
import { streamGrounds, wiredGrounds } from "./ground/grounds.js";
import { numbers } from "./ground/items.js";

for (const ground of streamGrounds) {
  describe(`streams by the thousand over ${ground.name}`, () => {
    test("of ten thousand that were opened and left early nothing is left", async (t) => {
      let begun = 0;
      let ended = 0;
      async function* counted(): AsyncGenerator<number> {
        begun++;
        try {
          yield* numbers(1_000_000);
        } finally {
          ended++;
        }
      }
      let sourcesBegun = 0;
      let sourcesEnded = 0;
      async function* source(): AsyncGenerator<number> {
        sourcesBegun++;
        try {
          yield* numbers(1_000_000);
        } finally {
          sourcesEnded++;
        }
      }
      const { client, server, connector } = await ground.open(t, {
        give: () => counted(),
        async *talk(items) {
          for await (const item of items) yield item;
        },
      });
      const atOnce = 50;
      const caller = new AbortController();
      const watching = withOptions(client, { signal: caller.signal });
      const waves = ground.name === "tcp" || !ground.wired ? 200 : 20;
      for (let wave = 0; wave < waves; wave++) {
        await Promise.all(
          Array.from({ length: atOnce }, async (_, n) => {
            const stream = n % 5 === 0 ? watching.talk(source()) : watching.give();
            if (n % 7 === 0) await stream.return();
            else for await (const item of stream) if (item === n % 3) break;
          }),
        );
      }
      await until("all generators have ended", () => ended === begun && sourcesEnded === sourcesBegun);
      assert.ok(
        begun > (waves * atOnce) / 2 && sourcesBegun > (waves * atOnce) / 10,
        `${begun} and ${sourcesBegun} were begun`,
      );
      assert.equal(getEventListeners(caller.signal, "abort").length, 0);
      if (server !== undefined) await until("no stream is open", () => server.stats().total.streams.open === 0);
      assert.equal(connector?.stats().total.streams.open ?? 0, 0);
    });
  });
}

for (const ground of wiredGrounds) {
  describe(`a connection that is lost over ${ground.name}`, () => {
    test("ends a thousand streams with an error behind what was read, never with an end, and leaves nothing", async (t) => {
      const sockets: Duplex[] = [];
      const log = { begun: 0, ended: 0, aborted: 0 };
      const { client, server, connector } = await ground.open(
        t,
        {
          async *give() {
            log.begun++;
            currentCall().signal!.addEventListener("abort", () => log.aborted++);
            try {
              for (let n = 0; ; n++) yield n;
            } finally {
              log.ended++;
            }
          },
        },
        { calling: { onConnect: ({ stream }: NewConnection) => void sockets.push(stream) } },
      );
      const streams = Array.from({ length: 1_000 }, () => client.give());
      for (const stream of streams) assert.deepEqual(await stream.next(), { done: false, value: 0 });
      const reading = streams.map(async (stream, n) => {
        let last = 0;
        try {
          for await (const item of stream) {
            assert.equal(item, last + 1);
            last++;
            if (n === 500 && last === 20) sockets[0]!.destroy();
          }
          return "an end";
        } catch (thrown) {
          return thrown instanceof RpcError ? [thrown.code, thrown.reason, thrown.processed].join(" ") : thrown;
        }
      });
      assert.deepEqual(new Set(await Promise.all(reading)), new Set(["unavailable CONNECTION_LOST maybe"]));
      await until("the generators have ended", () => log.ended === 1_000 && log.aborted === 1_000);
      assert.equal(log.begun, 1_000);
      assert.deepEqual([server!.stats().total.streams.open, connector!.stats().total.streams.open], [0, 0]);
      const again = client.give();
      assert.deepEqual(await again.next(), { done: false, value: 0 });
      await again.return();
    });
  });
}
