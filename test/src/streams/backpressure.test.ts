import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { streamGrounds } from "./ground/grounds.js";
import { notice, numbers } from "./ground/items.js";

/** What a connection may take of a stream ahead of its reader: credit, and what waits on either side's socket. */
const wiredBytes = 1_024 * 1_024;
const itemBytes = 16 * 1_024;

/** Yields items of 16 KiB for ever, and notes how many were asked for. */
async function* pages(log: { yielded: number }): AsyncGenerator<Buffer> {
  const page = Buffer.alloc(itemBytes, "a page of a book ");
  for (;;) {
    log.yielded++;
    yield page;
  }
}

/** Resolves when a producer was not asked for so many turns. */
async function settled(log: { yielded: number }): Promise<number> {
  let before = -1;
  for (let quiet = 0; quiet < 30; quiet++) {
    if (log.yielded !== before) quiet = 0;
    before = log.yielded;
    await turn();
  }
  return before;
}

for (const ground of streamGrounds) {
  const ahead = ground.wired ? wiredBytes / itemBytes : 1;
  describe(`slow readers of streams over ${ground.name}`, () => {
    test("a result that is not read is not produced on and on", async (t) => {
      const log = { yielded: 0 };
      const { client } = await ground.open(t, { give: () => pages(log) });
      const stream = client.give();
      assert.ok((await settled(log)) <= ahead, `${log.yielded} items were produced before one was read`);
      for (let read = 1; read <= 200; read++) {
        const { value } = await stream.next();
        assert.equal((value as Buffer).length, itemBytes);
        assert.ok(log.yielded <= read + ahead, `${log.yielded} were produced when ${read} were read`);
      }
      const paused = await settled(log);
      assert.ok(paused <= 200 + ahead);
      assert.ok(paused >= 200);
      await stream.return();
    });

    test("an argument that is not read is not asked for on and on", async (t) => {
      const log = { yielded: 0 };
      const begun = notice<AsyncIterator<unknown>>();
      const go = notice();
      const { client } = await ground.open(t, {
        take: async (items) => {
          const iterator = items[Symbol.asyncIterator]();
          begun.tell(iterator);
          await go.told;
          for (let read = 1; read <= 200; read++) {
            await iterator.next();
            if (log.yielded > read + ahead) return `${log.yielded} were asked for when ${read} were read`;
          }
          return "held";
        },
      });
      const answer = client.take(pages(log));
      await begun.told;
      assert.ok((await settled(log)) <= ahead, `${log.yielded} items were asked for before one was read`);
      go.tell();
      assert.equal(await answer, "held");
    });

    test("while one stream is not read others and other calls go on", async (t) => {
      const log = { yielded: 0 };
      const { client } = await ground.open(t, {
        give: (what) => (what === "unread" ? pages(log) : numbers(1_000)),
        once: async () => "answered",
      });
      const unread = Array.from({ length: 10 }, () => client.give("unread"));
      await settled(log);
      let read = 0;
      for await (const _ of client.give()) read++;
      assert.equal(read, 1_000);
      assert.equal(await client.once(), "answered");
      for (const stream of unread) await stream.return();
    });
  });
}
