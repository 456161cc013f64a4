import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createClient } from "../client/create-client.js";
import type { Call, Invoke } from "../contract/call.js";
import type { Client } from "../contract/client.js";
import { RpcError, type RpcErrorOptions } from "../contract/errors.js";
import { defineService } from "../service/define-service.js";
import { retry } from "./retry.js";

interface Streams {
  give(): AsyncIterable<number>;
  take(items: AsyncIterable<number>): number;
  talk(items: AsyncIterable<number>): AsyncIterable<number>;
}

const StreamsService = defineService<Streams>("Streams", {
  give: { stream: "server" },
  take: { stream: "client" },
  talk: { stream: "duplex" },
});

const lost = (processed: "no" | "maybe", options: RpcErrorOptions = {}): RpcError =>
  new RpcError("unavailable", "the connection was lost", { reason: "CONNECTION_LOST", processed, ...options });

async function* items(count: number, thrown?: unknown): AsyncGenerator<number> {
  for (let n = 0; n < count; n++) yield n;
  if (thrown !== undefined) throw thrown;
}

/** A client of what `attempt` does at the n-th attempt, and the calls that it saw. */
function retried(attempt: (n: number, call: Call) => unknown): { client: Client<Streams>; calls: Call[] } {
  const calls: Call[] = [];
  const invoke: Invoke = async (call) => {
    calls.push(call);
    return attempt(calls.length, call);
  };
  return { client: createClient(StreamsService, retry()(invoke)), calls };
}

async function read(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  try {
    for await (const item of stream) all.push(item);
  } catch (thrown) {
    assert.ok(thrown instanceof RpcError);
    all.push(thrown.reason, thrown.processed, thrown.attempts);
  }
  return all;
}

describe("a call that streams is tried again", () => {
  test("where it could not be opened", async () => {
    const { client } = retried((n) => (n < 3 ? Promise.reject(lost("no")) : items(2)));
    assert.deepEqual(await read(client.give()), [0, 1]);
  });

  test("where it was opened, and failed before its first item, by the same rules", async () => {
    const first = retried((n) => (n === 1 ? items(0, lost("no")) : items(2)));
    assert.deepEqual(await read(first.client.give()), [0, 1]);
    const maybe = retried(() => items(0, lost("maybe")));
    assert.deepEqual(await read(maybe.client.give()), ["CONNECTION_LOST", "maybe", 1]);
    const idempotent = retried((n, call) => {
      call.idempotent = true;
      return n === 1 ? items(0, lost("maybe")) : items(2);
    });
    assert.deepEqual(await read(idempotent.client.give()), [0, 1]);
  });

  test("up to its attempts, and tells how many there were", async () => {
    const { client, calls } = retried(() => items(0, lost("no")));
    assert.deepEqual(await read(client.give()), ["CONNECTION_LOST", "no", 3]);
    assert.equal(calls.length, 3);
  });

  test("not behind an item: its reader has it", async () => {
    const { client, calls } = retried((_, call) => {
      call.idempotent = true;
      return items(1, lost("no"));
    });
    assert.deepEqual(await read(client.give()), [0, "CONNECTION_LOST", "no", 1]);
    assert.equal(calls.length, 1);
  });

  test("not once something of an argument was read, and where nothing was, with that argument whole", async () => {
    const begun = retried(async (_, call) => {
      await (call.input[0] as AsyncIterator<number>).next();
      throw lost("no");
    });
    await assert.rejects(begun.client.take(items(3)), { reason: "CONNECTION_LOST", attempts: 1 });
    assert.equal(begun.calls.length, 1);
    const untouched = retried(async (n, call) => {
      const [source] = call.input as [AsyncIterableIterator<number>];
      if (n === 1) {
        // As a connection does that is lost.
        await source[Symbol.asyncIterator]().return?.();
        throw lost("no");
      }
      return (await read(source)).length;
    });
    assert.equal(await untouched.client.take(items(3)), 3);
    assert.equal(untouched.calls.length, 2);
    const talked = retried(async (_, call) => {
      await (call.input[0] as AsyncIterator<number>).next();
      return items(0, lost("no"));
    });
    assert.deepEqual(await read(talked.client.talk(items(3))), ["CONNECTION_LOST", "no", 1]);
  });

  test("with what an interceptor made of its arguments still whole", async () => {
    const attempts: unknown[] = [];
    const attempt: Invoke = async (call) => {
      const [source] = call.input as [AsyncIterable<number>];
      if (attempts.length === 0) {
        // As a connection does that takes hold of it, and is lost before it asks.
        attempts.push(await source[Symbol.asyncIterator]().return?.());
        throw lost("no");
      }
      attempts.push(await read(source));
      return 1;
    };
    const doubled: Invoke = (call) => {
      const [source] = call.input as [AsyncIterable<number>];
      call.input = [
        (async function* () {
          for await (const item of source) yield item * 2;
        })(),
      ];
      return retry()(attempt)(call);
    };
    assert.equal(await createClient(StreamsService, doubled).take(items(3)), 1);
    assert.deepEqual(attempts[1], [0, 2, 4]);
  });

  test("not where its caller has left, and what is opened too late is ended", async () => {
    let ended = 0;
    let answer: (output: unknown) => void = () => {};
    const { client, calls } = retried((n) =>
      n === 1
        ? Promise.reject(lost("no"))
        : new Promise((resolve) => {
            answer = resolve;
          }),
    );
    const stream = client.give();
    while (calls.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await stream.return();
    answer({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => ({ done: true, value: ended++ }),
      }),
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([ended, calls.length, calls[0]?.abandoned?.code], [1, 2, "cancelled"]);
  });

  test("two that ask for the first item at once get the first and the second of the attempt that succeeds", async () => {
    const { client } = retried((n) => (n === 1 ? items(0, lost("no")) : items(2)));
    const stream = client.give();
    const both = await Promise.all([stream.next(), stream.next(), stream.next()]);
    assert.deepEqual(
      both.map(({ value }) => value),
      [0, 1, undefined],
    );
  });
});
