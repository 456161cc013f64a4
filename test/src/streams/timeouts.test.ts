import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type Call, currentCall, type RpcError, withOptions } from "@rpc/core";
import { failed } from "../wire/ground/failed.js";
import { until } from "../wire/ground/until.js";
import { streamGrounds } from "./ground/grounds.js";
import { failing, notice, numbers, readAll } from "./ground/items.js";

async function* thenHangs(count: number): AsyncGenerator<number> {
  yield* numbers(count);
  const { signal } = currentCall();
  await new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
}

/** Yields an item in each turn of the event loop, for ever. */
async function* ticking(log: { begun?: boolean; left?: boolean }): AsyncGenerator<number> {
  log.begun = true;
  try {
    for (let n = 0; ; n++) yield n + (await turn(0));
  } finally {
    log.left = true;
  }
}

for (const ground of streamGrounds) {
  describe(`deadlines of streams over ${ground.name}`, () => {
    test("there is none unless one is set", async (t) => {
      const deadlines: number[] = [];
      const { client } = await ground.open(t, {
        give: () => {
          deadlines.push(currentCall().deadline);
          return numbers(1);
        },
        take: async (items) => {
          deadlines.push(currentCall().deadline);
          return (await readAll(items)).items.length;
        },
      });
      await readAll(client.give());
      await client.take(numbers(1));
      assert.deepEqual(deadlines, [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    });

    test("one that is set ends the stream behind what was read, and tells the handler", async (t) => {
      const { told, tell } = notice<RpcError>();
      const { client } = await ground.open(t, {
        give: () => {
          const { signal } = currentCall();
          signal!.addEventListener("abort", () => tell(signal!.reason as RpcError));
          return thenHangs(3);
        },
      });
      let items: unknown[] = [];
      // How much of it there is by then is for the machine to say.
      for (let timeoutMs = 50; items.length < 3; timeoutMs *= 2) {
        const startedAt = performance.now();
        const outcome = await failing(withOptions(client, { timeoutMs }).give());
        ({ items } = outcome);
        // A server that was held up dates a call back, and may say so earlier.
        if (!ground.wired) assert.ok(performance.now() - startedAt >= timeoutMs - 1);
        assert.deepEqual([outcome.error.code, outcome.error.reason], ["deadline_exceeded", "DEADLINE_EXCEEDED"]);
        assert.match(outcome.error.message, /give (had not ended within|had no answer|was not|has passed)/);
      }
      assert.deepEqual(items, [0, 1, 2]);
      assert.ok(["deadline_exceeded", "cancelled"].includes((await told).code));
    });

    test("one of 0 has passed already: nothing is sent", async (t) => {
      let ran = 0;
      const { client } = await ground.open(t, {
        give: () => {
          ran++;
          return numbers(1);
        },
        take: async () => ++ran,
      });
      const late = withOptions(client, { timeoutMs: 0 });
      assert.equal((await failing(late.give())).error.processed, "no");
      assert.equal((await failed(late.take(numbers(1)))).code, "deadline_exceeded");
      assert.equal(ran, 0);
    });

    test("it may be longer than the hour of other calls", async (t) => {
      let call: Call | undefined;
      const { client } = await ground.open(t, {
        give: () => {
          call = currentCall();
          return numbers(1);
        },
      });
      await readAll(withOptions(client, { timeoutMs: 48 * 3_600_000 }).give());
      const leftMs = call!.deadline - performance.now();
      assert.ok(leftMs > 47 * 3_600_000 && leftMs <= 48 * 3_600_000, `${leftMs} ms are left`);
    });

    test("a stream that a handler opens inherits what is left of its deadline, and its cancellation", async (t) => {
      let inner: Call | undefined;
      let signal: AbortSignal | undefined;
      const log: { begun?: boolean; left?: boolean } = {};
      const backend = await ground.open(t, {
        give: () => {
          inner = currentCall();
          ({ signal } = inner);
          return ticking(log);
        },
      });
      const { client } = await ground.open(t, {
        once: async () => {
          for await (const _ of backend.client.give()) {
            // reads on until it is told
          }
        },
      });
      // What is connected, and begun, by then is for the machine to say.
      for (let timeoutMs = 60; log.begun !== true; timeoutMs *= 2) {
        const error = await failed(withOptions(client, { timeoutMs }).once());
        assert.equal(error.code, "deadline_exceeded");
      }
      await until("the inner generator has ended", () => log.left === true);
      await until("its deadline has passed", () => inner!.deadline < performance.now());
      await until("its signal is aborted", () => signal?.aborted === true);
    });

    test("a call that a generator makes between two items inherits its stream's deadline and priority", async (t) => {
      const seen: Call[] = [];
      const backend = await ground.open(t, { once: async () => void seen.push(currentCall()) });
      const { client } = await ground.open(t, {
        async *give() {
          for (let n = 0; n < 3; n++) {
            await backend.client.once();
            yield n;
          }
        },
      });
      await readAll(withOptions(client, { timeoutMs: 5_000, priority: "critical" }).give());
      assert.deepEqual(
        seen.map(({ priority, deadline }) => [priority, deadline - performance.now() <= 5_000]),
        [
          ["critical", true],
          ["critical", true],
          ["critical", true],
        ],
      );
    });
  });
}
