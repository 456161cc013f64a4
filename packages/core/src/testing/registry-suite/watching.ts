import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { follow } from "./follow.js";
import { entryOf, never, type OpenRegistry, type RegistryAbilities, shown, withViews } from "./opened.js";

/** A watch yields the whole list at once and after each change, and leaves nothing behind. */
export function watchingTests(name: string, open: OpenRegistry, { states = true }: RegistryAbilities): void {
  describe(`${name}: watching`, () => {
    test(
      "a watch tells at once that there is no instance yet, then follows each one that comes and goes",
      withViews(open, async ({ mine, theirs }) => {
        const list = follow(theirs.watch("Prices", never));
        assert.deepEqual(await list.next(), []);
        const first = entryOf("Prices", "p-1");
        const lease = await mine.register([first]);
        assert.deepEqual(await list.next(), [shown(first)]);
        const second = await mine.register([entryOf("Prices", "p-2")]);
        assert.deepEqual(new Set((await list.next()).map(({ id }) => id)), new Set(["p-1", "p-2"]));
        await lease.release();
        assert.deepEqual(
          (await list.next()).map(({ id }) => id),
          ["p-2"],
        );
        await second.release();
        assert.deepEqual(await list.next(), []);
      }),
    );

    test(
      "a watch that begins later begins with the whole list",
      withViews(open, async ({ mine, theirs }) => {
        await mine.register([entryOf("Prices", "p-1")]);
        await mine.register([entryOf("Prices", "p-2")]);
        const list = await follow(theirs.watch("Prices", never)).next();
        assert.deepEqual(new Set(list.map(({ id }) => id)), new Set(["p-1", "p-2"]));
      }),
    );

    test(
      "an update is seen, and one that changes nothing is not",
      withViews(open, async ({ mine, theirs }) => {
        const entry = entryOf("Prices", "p-1", { tags: { zone: "eu", version: "1" } });
        const lease = await mine.register([entry]);
        const list = follow(theirs.watch("Prices", never));
        await list.next();
        const next = list.next();
        await lease.update([{ ...entry, tags: { version: "1", zone: "eu" } }]);
        if (states) await theirs.setState("Prices", "p-1", { inactive: false });
        await lease.update([{ ...entry, weight: 3 }]);
        assert.deepEqual(await next, [shown({ ...entry, weight: 3 })]);
      }),
    );

    test(
      "what happens to other services is not seen, also where names begin alike",
      withViews(open, async ({ mine, theirs }) => {
        const list = follow(theirs.watch("Order", never));
        await list.next();
        const next = list.next();
        await mine.register([entryOf("Orders", "p-1"), entryOf("Orde", "p-1"), entryOf("order", "p-1")]);
        await mine.register([entryOf("Order", "p-2")]);
        assert.deepEqual(
          (await next).map(({ id }) => id),
          ["p-2"],
        );
      }),
    );

    test(
      "a reader that was busy while much changed ends up with the last list",
      withViews(open, async ({ mine, theirs }) => {
        const list = follow(theirs.watch("Prices", never));
        await list.next();
        const lease = await mine.register([entryOf("Prices", "p-1")]);
        for (let weight = 2; weight <= 20; weight++) await lease.update([entryOf("Prices", "p-1", { weight })]);
        await mine.register([entryOf("Prices", "p-2")]);
        const last = await list.until((seen) => seen.length === 2);
        assert.equal(last.find(({ id }) => id === "p-1")?.weight, 20);
      }),
    );

    test(
      "two watches of one service, and watches of two views, all see each change",
      withViews(open, async ({ mine, theirs }) => {
        const watches = [mine, mine, theirs].map((view) => follow(view.watch("Prices", never)));
        await Promise.all(watches.map((list) => list.next()));
        const lease = await mine.register([entryOf("Prices", "p-1")]);
        for (const list of watches) assert.equal((await list.next()).length, 1);
        await lease.release();
        for (const list of watches) assert.equal((await list.next()).length, 0);
      }),
    );

    test(
      "a watch ends at abort, without a throw, and leaves no listener; others go on",
      withViews(open, async ({ mine, theirs }) => {
        const aborting = new AbortController();
        const list = follow(theirs.watch("Prices", aborting.signal));
        const services = follow(theirs.services(aborting.signal));
        const staying = follow(theirs.watch("Prices", never));
        await Promise.all([list.next(), services.next(), staying.next()]);
        const ended = Promise.all([list.end(), services.end()]);
        aborting.abort();
        await ended;
        assert.equal(getEventListeners(aborting.signal, "abort").length, 0);
        await mine.register([entryOf("Prices", "p-1")]);
        assert.equal((await staying.next()).length, 1);
      }),
    );

    test(
      "a watch whose signal has already aborted yields nothing",
      withViews(open, async ({ mine }) => {
        await mine.register([entryOf("Prices", "p-1")]);
        await follow(mine.watch("Prices", AbortSignal.abort())).end();
        await follow(mine.services(AbortSignal.abort())).end();
      }),
    );

    test(
      "a watch that is aborted between two values ends, also when a change waits",
      withViews(open, async ({ mine, theirs }) => {
        const aborting = new AbortController();
        const list = follow(theirs.watch("Prices", aborting.signal));
        await list.next();
        await mine.register([entryOf("Prices", "p-1")]);
        aborting.abort();
        await list.end();
        assert.equal(getEventListeners(aborting.signal, "abort").length, 0);
      }),
    );

    test(
      "a reader that leaves its loop leaves no listener behind",
      withViews(open, async ({ mine }) => {
        const { signal } = new AbortController();
        const list = follow(mine.watch("Prices", signal));
        const services = follow(mine.services(signal));
        await Promise.all([list.next(), services.next()]);
        await Promise.all([list.leave(), services.leave()]);
        assert.equal(getEventListeners(signal, "abort").length, 0);
      }),
    );

    test(
      "hundreds of watches that come and go on one signal leave no listener behind",
      withViews(open, async ({ mine }) => {
        const { signal } = new AbortController();
        for (let i = 0; i < 300; i++) {
          const list = follow(mine.watch("Prices", signal));
          await list.next();
          await list.leave();
        }
        assert.equal(getEventListeners(signal, "abort").length, 0);
      }),
    );

    test(
      "the names of services are told sorted, at once, and when a service gets its first or loses its last instance",
      withViews(open, async ({ mine, theirs }) => {
        const names = follow(theirs.services(never));
        assert.deepEqual(await names.next(), []);
        const lease = await mine.register([entryOf("Stock", "p-1"), entryOf("Prices", "p-1")]);
        assert.deepEqual(await names.until((seen) => seen.length === 2), ["Prices", "Stock"]);
        const next = names.next();
        await mine.register([entryOf("Stock", "p-2")]);
        await lease.update([entryOf("Stock", "p-1", { weight: 5 }), entryOf("Prices", "p-1")]);
        await mine.register([entryOf("Orders", "p-2")]);
        assert.deepEqual(await next, ["Orders", "Prices", "Stock"]);
        await lease.release();
        assert.deepEqual(await names.until((seen) => seen.length === 2), ["Orders", "Stock"]);
      }),
    );

    test(
      "a list whose caller has already given up is refused",
      withViews(open, async ({ mine }) => {
        await assert.rejects(mine.list("Prices", AbortSignal.abort()));
      }),
    );
  });
}
