import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, test } from "node:test";
import {
  type ClientCallEvent,
  currentCall,
  type Interceptor,
  noMetadata,
  type Reply,
  RpcError,
  withOptions,
} from "@rpc/core";
import { until } from "../wire/ground/until.js";
import { streamGrounds } from "./ground/grounds.js";
import { failing, notice, numbers, readAll } from "./ground/items.js";

for (const ground of streamGrounds) {
  describe(`what is told beside the items over ${ground.name}`, () => {
    test("metadata set before the first item is there with it, what is set later with the end, and the last wins", async (t) => {
      const { client } = await ground.open(t, {
        async *give() {
          currentCall().replyMetadata = { first: "1", both: "early" };
          yield 1;
          currentCall().replyMetadata = { both: "late", last: "2" };
        },
      });
      const replies: Reply[] = [];
      const early = notice<unknown>();
      const { client: watched } = await ground.open(
        t,
        {
          async *give() {
            currentCall().replyMetadata = { first: "1", both: "early" };
            yield 1;
            await early.told;
            currentCall().replyMetadata = { both: "late", last: "2" };
          },
        },
        {
          outer: [
            (next) => async (call) => {
              const items = (await next(call)) as AsyncIterable<unknown>;
              return (async function* () {
                for await (const item of items) {
                  early.tell({ ...call.replyMetadata });
                  yield item;
                }
              })();
            },
          ],
        },
      );
      await readAll(withOptions(client, { onReply: (reply) => replies.push(reply) }).give());
      assert.deepEqual(
        replies.map(({ metadata }) => ({ ...metadata })),
        [{ first: "1", both: "late", last: "2" }],
      );
      await readAll(watched.give());
      assert.deepEqual(await early.told, { first: "1", both: "early" });
    });

    test("onReply hears once, at the end, of an error too; what it throws takes the place of the end", async (t) => {
      const { client } = await ground.open(t, {
        async *give(how) {
          yield 1;
          currentCall().replyMetadata = { how: String(how) };
          if (how === "fails") throw new RpcError("aborted", "mine");
        },
        take: async (items) => {
          currentCall().replyMetadata = { how: "taken" };
          return (await readAll(items)).items.length;
        },
      });
      const replies: string[] = [];
      const told = withOptions(client, { onReply: ({ metadata }) => void replies.push(metadata["how"] ?? "none") });
      const stream = told.give("ends");
      await stream.next();
      assert.deepEqual(replies, []);
      await stream.next();
      assert.deepEqual(replies, ["ends"]);
      await failing(told.give("fails"));
      assert.equal(await told.take(numbers(2)), 2);
      assert.deepEqual(replies, ["ends", "fails", "taken"]);
      const mine = new Error("mine");
      const throwing = withOptions(client, {
        onReply: () => {
          throw mine;
        },
      });
      assert.deepEqual(await readAll(throwing.give("ends")), { items: [1], thrown: mine });
      await assert.rejects(throwing.take(numbers(1)), mine);
    });

    test("a stream explains itself when it has ended, whatever way", async (t) => {
      const { client } = await ground.open(t, {
        async *give(how) {
          yield 1;
          if (how === "fails") throw new RpcError("aborted", "mine", { reason: "MINE" });
        },
      });
      const told: string[] = [];
      const explained = withOptions(client, { explain: ({ path, outcome }) => told.push(`${path} ${outcome}`) });
      await readAll(explained.give("ends"));
      await failing(explained.give("fails"));
      for await (const _ of explained.give("left")) break;
      await failing(withOptions(explained, { timeoutMs: 0 }).give());
      const outcomes = ["ok", "MINE", "CANCELLED", "DEADLINE_EXCEEDED"];
      assert.deepEqual(
        told,
        outcomes.map((outcome) => `/test.Streams/give ${outcome}`),
      );
    });

    test("onReply hears nothing of a stream that was left", async (t) => {
      let replies = 0;
      const { client } = await ground.open(t, { give: () => numbers(9) });
      for await (const _ of withOptions(client, { onReply: () => void replies++ }).give()) break;
      assert.equal(replies, 0);
    });

    test("metadata that cannot be sent fails the stream, and is not sent", async (t) => {
      const { client } = await ground.open(t, {
        async *give(when) {
          if (when === "first") currentCall().replyMetadata = { UPPER: "x" };
          yield 1;
          if (when === "last") currentCall().replyMetadata = 5 as never;
        },
      });
      for (const when of ["first", "last"]) {
        const { error } = await failing(client.give(when));
        assert.deepEqual([error.code, error.reason], ["internal", "ENCODE_FAILED"], when);
      }
    });

    test("metadata of the call reaches the handler of a stream", async (t) => {
      const { client } = await ground.open(t, {
        async *give() {
          yield { ...currentCall().metadata };
        },
      });
      assert.deepEqual((await readAll(withOptions(client, { metadata: { tenant: "a" } }).give())).items, [
        { tenant: "a" },
      ]);
      assert.deepEqual((await readAll(client.give())).items, [{ ...noMetadata }]);
    });

    test("the event of a client's call tells how the stream ended, when it ended", async (t) => {
      const events: ClientCallEvent[] = [];
      const onEvent = (event: unknown): void => void events.push(event as ClientCallEvent);
      subscribe("rpc:client:call", onEvent);
      t.after(() => unsubscribe("rpc:client:call", onEvent));
      const { client } = await ground.open(t, {
        async *give(how) {
          yield 1;
          if (how === "fails") throw new RpcError("aborted", "mine", { reason: "MINE" });
        },
      });
      const stream = client.give("ends");
      await stream.next();
      assert.equal(events.length, 0);
      await stream.next();
      await failing(client.give("fails"));
      for await (const _ of client.give("left")) break;
      assert.deepEqual(
        events.map(({ path, code, reason }) => [path, code, reason]),
        [
          ["/test.Streams/give", "ok", undefined],
          ["/test.Streams/give", "aborted", "MINE"],
          ["/test.Streams/give", "cancelled", "CANCELLED"],
        ],
      );
    });

    test("interceptors of both sides are one onion around the opening, and around the items", async (t) => {
      const order: string[] = [];
      const noting =
        (name: string): Interceptor =>
        (next) =>
        async (call) => {
          order.push(`${name} >`);
          const output = await next(call);
          order.push(`< ${name}`);
          if (call.method.kind === "client") return output;
          return (async function* () {
            try {
              for await (const item of output as AsyncIterable<unknown>) yield `${name}(${String(item)})`;
            } finally {
              order.push(`${name} ends`);
            }
          })();
        };
      const settings = { outer: [noting("a"), noting("b")], interceptors: [noting("c"), noting("d")] };
      const { client } = await ground.open(
        t,
        {
          give: () => numbers(2),
          take: async (items) => (await readAll(items)).items,
        },
        settings,
      );
      assert.deepEqual((await readAll(client.give())).items, ["a(b(c(d(0))))", "a(b(c(d(1))))"]);
      // The server's items may be there before the client's side is open.
      const of = (pattern: RegExp): string[] => order.filter((step) => pattern.test(step));
      assert.deepEqual(of(/>/), ["a >", "b >", "c >", "d >"]);
      assert.deepEqual(of(/</), ["< d", "< c", "< b", "< a"]);
      assert.deepEqual(of(/ends/), ["d ends", "c ends", "b ends", "a ends"]);
      order.length = 0;
      assert.deepEqual(await client.take(numbers(2)), [0, 1]);
      assert.deepEqual(order, ["a >", "b >", "c >", "d >", "< d", "< c", "< b", "< a"]);
    });

    test("an interceptor may wrap the arguments that stream, on either side", async (t) => {
      const doubling: Interceptor = (next) => (call) => {
        call.input = call.input.map((value) => {
          if (typeof value !== "object" || value === null || !(Symbol.asyncIterator in value)) return value;
          return (async function* () {
            for await (const item of value as AsyncIterable<number>) yield item * 2;
          })();
        });
        return next(call);
      };
      const { client } = await ground.open(
        t,
        { take: async (items) => (await readAll(items)).items },
        { outer: [doubling], interceptors: [doubling] },
      );
      assert.deepEqual(await client.take(numbers(3)), [0, 4, 8]);
    });

    test("an interceptor of the server that answers with no stream, or with one that cannot be run, fails the call", async (t) => {
      const broken = {
        [Symbol.asyncIterator]: () => {
          throw new RpcError("aborted", "no run", { reason: "NO_RUN" });
        },
      };
      const settings = {
        interceptors: [
          (next) => async (call) => (call.input[0] === "none" ? 5 : call.input[0] === "broken" ? broken : next(call)),
        ] satisfies Interceptor[],
      };
      const { client } = await ground.open(t, { give: () => numbers(1) }, settings);
      assert.equal((await failing(client.give("none"))).error.reason, "NO_STREAM_RETURNED");
      assert.equal((await failing(client.give("broken"))).error.reason, "NO_RUN");
      assert.deepEqual((await readAll(client.give())).items, [0]);
    });

    test("what a client's interceptor was given and does not hand on is ended, whether it throws or answers itself", async (t) => {
      const wrong = new RpcError("failed_precondition", "wrong version");
      const instead: Interceptor = (next) => async (call) => {
        const [how] = call.input;
        const output = next(call);
        if (call.method.kind === "client") return Promise.race([output, begun.told.then(() => "instead")]);
        await output;
        if (how === "throws") throw wrong;
        return how === "other" ? 5 : numbers(1);
      };
      const begun = notice();
      let aborted = 0;
      const count = (): void => currentCall().signal!.addEventListener("abort", () => void aborted++);
      const { client } = await ground.open(
        t,
        {
          give() {
            count();
            return numbers(Number.POSITIVE_INFINITY);
          },
          async take(items) {
            count();
            begun.tell();
            await readAll(items);
            await new Promise(() => {});
          },
        },
        { outer: [instead] },
      );
      assert.equal((await failing(client.give("throws"))).error, wrong);
      assert.equal((await failing(client.give("other"))).error.reason, "NO_STREAM_RETURNED");
      assert.deepEqual((await readAll(client.give("itself"))).items, [0]);
      await until("all handlers were told", () => aborted === 3);
      assert.equal(await client.take(numbers(1)), "instead");
      await until("its handler was told", () => aborted === 4);
    });

    test("an interceptor of the server whose promise settles twice harms no stream", async (t) => {
      const twice = <T>(promise: Promise<T>): Promise<T> => {
        const then = (settle: (value: T) => void, fail: (thrown: unknown) => void) =>
          promise.then((value) => {
            settle(value);
            return settle(value);
          }, fail);
        return { then } as unknown as Promise<T>;
      };
      const { client } = await ground.open(
        t,
        { give: () => numbers(3) },
        { interceptors: [(next) => (call) => twice(next(call))], serving: { ambient: false } },
      );
      assert.deepEqual(await readAll(client.give()), { items: [0, 1, 2], thrown: undefined });
    });

    test("an interceptor that answers by itself, or with no stream, is told apart", async (t) => {
      const { client } = await ground.open(
        t,
        { give: () => numbers(1) },
        {
          outer: [
            (next) => async (call) =>
              call.input[0] === "mine" ? numbers(2) : call.input[0] === "none" ? 5 : next(call),
          ],
        },
      );
      assert.deepEqual((await readAll(client.give("mine"))).items, [0, 1]);
      assert.equal((await failing(client.give("none"))).error.reason, "NO_STREAM_RETURNED");
      assert.deepEqual((await readAll(client.give())).items, [0]);
    });
  });
}
