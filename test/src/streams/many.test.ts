import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { withOptions } from "@rpc/core";
import { until } from "../wire/ground/until.js";
import { streamGrounds } from "./ground/grounds.js";
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
      const { client } = await ground.open(t, {
        give: () => counted(),
        async *talk(items) {
          for await (const item of items) yield item;
        },
      });
      const caller = new AbortController();
      const watching = withOptions(client, { signal: caller.signal });
      for (let wave = 0; wave < 20; wave++) {
        await Promise.all(
          Array.from({ length: 500 }, async (_, n) => {
            const stream = n % 5 === 0 ? watching.talk(source()) : watching.give();
            if (n % 7 === 0) await stream.return();
            else for await (const item of stream) if (item === n % 3) break;
          }),
        );
      }
      await until("all generators have ended", () => ended === begun && sourcesEnded === sourcesBegun);
      assert.ok(begun > 5_000 && sourcesBegun > 1_000, `${begun} and ${sourcesBegun} were begun`);
      assert.equal(getEventListeners(caller.signal, "abort").length, 0);
    });
  });
}
