import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { follow } from "./follow.js";
import { entryOf, never, type OpenRegistry, shown, withViews } from "./opened.js";

/** What is registered is listed, whole, under its own service and id, until it is released. */
export function registeringTests(name: string, open: OpenRegistry): void {
  describe(`${name}: registering`, () => {
    test(
      "a service that nobody registered has an empty list",
      withViews(open, async ({ mine }) => {
        assert.deepEqual(await mine.list("Nobody", never), []);
      }),
    );

    test(
      "another process sees an instance with every field it was registered with",
      withViews(open, async ({ mine, theirs }) => {
        const entry = entryOf("Prices", "p-1", {
          address: "tcp://10.0.0.7:7001",
          weight: 2.5,
          tags: { zone: "eu", version: "1.2.3", text: 'ü "quoted" \\ \n 日本', "": "" },
          inactive: true,
        });
        await mine.register([entry]);
        assert.deepEqual(await theirs.list("Prices", never), [shown(entry)]);
        assert.deepEqual(await mine.list("Prices", never), [shown(entry)]);
      }),
    );

    test(
      "every service of a process is found under its own name",
      withViews(open, async ({ mine, theirs }) => {
        const entries = ["Prices", "Stock", "Orders"].map((service, i) => entryOf(service, "p-1", { weight: i + 1 }));
        await mine.register(entries);
        for (const entry of entries) assert.deepEqual(await theirs.list(entry.service, never), [shown(entry)]);
      }),
    );

    test(
      "services whose names begin alike, differ in case, or look like paths are not mixed up",
      withViews(open, async ({ mine, theirs }) => {
        const names = [
          "Order",
          "Orders",
          "order",
          "Order/s",
          "Order.s",
          "../Order",
          "a/../Order",
          "$Order_1-x",
          "N".repeat(128),
        ];
        await mine.register(names.map((service, i) => entryOf(service, `p-${i}`)));
        for (const [i, service] of names.entries()) {
          assert.deepEqual(
            (await theirs.list(service, never)).map(({ id }) => id),
            [`p-${i}`],
            service,
          );
        }
        assert.deepEqual(
          await follow(theirs.services(never)).until((seen) => seen.length === names.length),
          [...names].sort(),
        );
      }),
    );

    test(
      "ids that look like paths or differ in case are instances of their own",
      withViews(open, async ({ mine, theirs }) => {
        const ids = ["a", "A", "a/b", "../a", "../../a", "a b", "ä", "%2e%2e", "a:7000", ".", "i".repeat(128)];
        const leases = await Promise.all(ids.map((id) => mine.register([entryOf("Prices", id)])));
        const list = await theirs.list("Prices", never);
        assert.deepEqual(new Set(list.map(({ id }) => id)), new Set(ids));
        await leases[3]!.release();
        const left = await theirs.list("Prices", never);
        assert.deepEqual(new Set(left.map(({ id }) => id)), new Set(ids.filter((id) => id !== "../a")));
      }),
    );

    test(
      "a hundred instances that register at the same moment are all listed",
      withViews(open, async ({ mine, theirs }) => {
        const ids = Array.from({ length: 100 }, (_, i) => `p-${i}`);
        await Promise.all(ids.map((id, i) => (i % 2 === 0 ? mine : theirs).register([entryOf("Prices", id)])));
        assert.deepEqual(new Set((await mine.list("Prices", never)).map(({ id }) => id)), new Set(ids));
      }),
    );

    test(
      "a process that registers nothing yet can add services later",
      withViews(open, async ({ mine, theirs }) => {
        const lease = await mine.register([]);
        await lease.update([entryOf("Prices", "p-1")]);
        assert.equal((await theirs.list("Prices", never)).length, 1);
      }),
    );

    test(
      "an update replaces what the lease holds: changed, added and removed services",
      withViews(open, async ({ mine, theirs }) => {
        const other = entryOf("Prices", "other");
        await theirs.register([other]);
        const lease = await mine.register([entryOf("Prices", "p-1"), entryOf("Stock", "p-1")]);
        const changed = entryOf("Prices", "p-1", { weight: 7, tags: { version: "2" } });
        await lease.update([changed, entryOf("Orders", "p-1")]);
        assert.deepEqual(new Set(await theirs.list("Prices", never)), new Set([shown(changed), shown(other)]));
        assert.deepEqual(await theirs.list("Stock", never), []);
        assert.equal((await theirs.list("Orders", never)).length, 1);
      }),
    );

    test(
      "of updates made without waiting the last one holds",
      withViews(open, async ({ mine, theirs }) => {
        const lease = await mine.register([entryOf("Prices", "p-1")]);
        await Promise.all([2, 3, 4, 5].map((weight) => lease.update([entryOf("Prices", "p-1", { weight })])));
        assert.equal((await theirs.list("Prices", never))[0]?.weight, 5);
      }),
    );

    test(
      "what a caller does with its entries and lists afterwards changes nothing for others",
      withViews(open, async ({ mine, theirs }) => {
        const tags: Record<string, string> = { zone: "eu" };
        const entries = [entryOf("Prices", "p-1", { tags })];
        await mine.register(entries);
        tags["zone"] = "us";
        entries.length = 0;
        const seen = (await mine.list("Prices", never)) as unknown[];
        try {
          seen.length = 0;
        } catch {
          // A frozen list is as good.
        }
        const expected = [shown(entryOf("Prices", "p-1", { tags: { zone: "eu" } }))];
        assert.deepEqual(await theirs.list("Prices", never), expected);
        assert.deepEqual(await mine.list("Prices", never), expected);
      }),
    );
  });
}
