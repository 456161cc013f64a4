import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, type TestContext, test } from "node:test";
import { RpcError } from "../../contract/errors.js";
import type { Registry } from "../../contract/index.js";
import { follow } from "./follow.js";
import { entryOf, never } from "./opened.js";

/** A registry that is only read, and the hand that writes what it reads. */
export interface OpenedReader {
  /** The suite closes it. */
  readonly registry: Registry;
  /** Another process's view. The suite closes it. */
  again(): Promise<Registry>;
  /** Says at which addresses a service is from now on, as whoever runs the place does. */
  say(service: string, addresses: readonly string[]): void;
  /** Takes away what was opened. Called once, after every registry was closed. */
  close(): Promise<void>;
}

/** What both suites have in common is asked here of registries that nobody can register in. */
export function readingTests(name: string, open: () => Promise<OpenedReader>): void {
  const withReader = (body: (reader: OpenedReader, t: TestContext) => Promise<void>) => async (t: TestContext) => {
    const opened = await open();
    const views = [opened.registry];
    const again = async (): Promise<Registry> => {
      const view = await opened.again();
      views.push(view);
      return view;
    };
    try {
      await body({ ...opened, again }, t);
    } finally {
      await Promise.all(views.map((view) => view.close()));
      await opened.close();
    }
  };
  const [one, two] = ["tcp://127.0.0.1:7001", "tcp://127.0.0.2:7001"] as const;
  const addresses = async (registry: Registry, service = "Prices") =>
    (await registry.list(service, never)).map(({ address }) => address).sort();

  describe(`${name}: reading`, () => {
    test(
      "a service that nobody wrote down has an empty list",
      withReader(async ({ registry }) => assert.deepEqual(await registry.list("Nobody", never), [])),
    );

    test(
      "every address is an instance with an id of its own, active, and no other service's",
      withReader(async ({ registry, say }) => {
        say("Order", [one, two]);
        say("Orders", [one]);
        const list = await registry.list("Order", never);
        assert.deepEqual(list.map(({ address }) => address).sort(), [one, two]);
        assert.equal(new Set(list.map(({ id }) => id)).size, 2);
        assert.ok(list.every(({ weight, inactive }) => weight > 0 && !inactive));
        assert.deepEqual(await addresses(registry, "Orders"), [one]);
      }),
    );

    test(
      "a watch tells the whole list at once, also an empty one, then each change, and nothing twice",
      withReader(async ({ registry, again, say }) => {
        const prices = follow(registry.watch("Prices", never));
        const others = follow((await again()).watch("Prices", never));
        for (const list of [prices, others]) assert.deepEqual(await list.next(), []);
        say("Stock", [one]);
        say("Prices", [one]);
        for (const list of [prices, others])
          assert.deepEqual(
            (await list.next()).map(({ address }) => address),
            [one],
          );
        say("Prices", [one, two]);
        for (const list of [prices, others]) assert.equal((await list.next()).length, 2);
        say("Prices", []);
        for (const list of [prices, others]) assert.deepEqual(await list.next(), []);
      }),
    );

    test(
      "a watch ends at abort, without a throw, and leaves no listener; others go on",
      withReader(async ({ registry, say }) => {
        const aborting = new AbortController();
        const list = follow(registry.watch("Prices", aborting.signal));
        const staying = follow(registry.watch("Prices", never));
        await Promise.all([list.next(), staying.next()]);
        const ended = list.end();
        aborting.abort();
        await ended;
        assert.equal(getEventListeners(aborting.signal, "abort").length, 0);
        say("Prices", [one]);
        assert.equal((await staying.next()).length, 1);
        await follow(registry.watch("Prices", AbortSignal.abort())).end();
        await assert.rejects(registry.list("Prices", AbortSignal.abort()));
      }),
    );

    test(
      "a reader that leaves its loop leaves no listener behind",
      withReader(async ({ registry }) => {
        const { signal } = new AbortController();
        for (let round = 0; round < 20; round++) {
          const list = follow(registry.watch("Prices", signal));
          await list.next();
          await list.leave();
        }
        assert.equal(getEventListeners(signal, "abort").length, 0);
      }),
    );

    test(
      "what a process registers changes nothing and fails nothing: it is written elsewhere",
      withReader(async ({ registry, again, say }) => {
        say("Prices", [one]);
        const lease = await registry.register([entryOf("Prices", "p-1", { address: two })]);
        await lease.update([entryOf("Prices", "p-1", { address: two, weight: 3 })]);
        assert.deepEqual(await addresses(await again()), [one]);
        await Promise.all([lease.release(), lease.release()]);
        await assert.rejects(lease.update([]), (error) => error instanceof RpcError && error.reason === "LEASE_ENDED");
        assert.deepEqual(await addresses(registry), [one]);
      }),
    );

    test(
      "an operator who would change a state is told where not",
      withReader(async ({ registry, say }) => {
        say("Prices", [one]);
        const [{ id } = { id: "" }] = await registry.list("Prices", never);
        await assert.rejects(
          registry.setState("Prices", id, { weight: 2 }),
          (error) =>
            error instanceof RpcError && error.reason === "REGISTRY_READ_ONLY" && error.code === "unimplemented",
        );
      }),
    );

    test(
      "close ends watches without a throw, may be called twice, and refuses work afterwards",
      withReader(async ({ registry }) => {
        const list = follow(registry.watch("Prices", never));
        await list.next();
        await Promise.all([list.end(), registry.close(), registry.close()]);
        await assert.rejects(registry.list("Prices", never));
        await assert.rejects(registry.register([]));
        await assert.rejects(follow(registry.watch("Prices", never)).next());
      }),
    );
  });
}
