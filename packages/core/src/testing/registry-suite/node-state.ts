import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "../../contract/errors.js";
import type { NodeState, Registry } from "../../contract/index.js";
import { follow } from "./follow.js";
import { entryOf, never, type OpenRegistry, shown, withViews } from "./opened.js";

/**
 * An operator changes the state of an instance that another process registered. The change holds until the instance's
 * own `update`, which replaces it: who updates says everything anew. A registrar therefore adopts the changes it
 * sees.
 */
export function nodeStateTests(name: string, open: OpenRegistry): void {
  describe(`${name}: state of an instance`, () => {
    test(
      "an operator takes an instance out of service and back, and others see it",
      withViews(open, async ({ mine, theirs, again }) => {
        const entry = entryOf("Prices", "p-1");
        await mine.register([entry]);
        const list = follow((await again()).watch("Prices", never));
        await list.next();
        await theirs.setState("Prices", "p-1", { inactive: true });
        assert.deepEqual(await list.next(), [shown({ ...entry, inactive: true })]);
        assert.deepEqual(await mine.list("Prices", never), [shown({ ...entry, inactive: true })]);
        await theirs.setState("Prices", "p-1", { inactive: false });
        assert.deepEqual(await list.next(), [shown(entry)]);
      }),
    );

    test(
      "weight and tags can be changed; tags are replaced as a whole",
      withViews(open, async ({ mine, theirs }) => {
        const entry = entryOf("Prices", "p-1", { tags: { zone: "eu", version: "1" } });
        await mine.register([entry]);
        await theirs.setState("Prices", "p-1", { weight: 0, tags: { version: "2" } });
        assert.deepEqual(await theirs.list("Prices", never), [shown({ ...entry, weight: 0, tags: { version: "2" } })]);
      }),
    );

    test(
      "tags can be changed by their names: zone, group, version and where on the globe; the others stay",
      withViews(open, async ({ mine, theirs }) => {
        const entry = entryOf("Prices", "p-1", { tags: { zone: "eu", owner: "us" } });
        await mine.register([entry]);
        await theirs.setState("Prices", "p-1", {
          zone: "us",
          group: "canary",
          version: "2",
          latitude: 1.5,
          longitude: -2,
        });
        const tags = { zone: "us", owner: "us", group: "canary", version: "2", latitude: "1.5", longitude: "-2" };
        assert.deepEqual(await theirs.list("Prices", never), [shown({ ...entry, tags })]);
        await mine.setState("Prices", "p-1", { group: "", inactive: true });
        const { group: _gone, ...left } = tags;
        assert.deepEqual(await theirs.list("Prices", never), [shown({ ...entry, tags: left, inactive: true })]);
      }),
    );

    test(
      "a later change leaves what it does not name as an earlier one set it",
      withViews(open, async ({ mine, theirs }) => {
        const entry = entryOf("Prices", "p-1");
        await mine.register([entry]);
        await theirs.setState("Prices", "p-1", { weight: 5 });
        await mine.setState("Prices", "p-1", { inactive: true });
        await theirs.setState("Prices", "p-1", {});
        assert.deepEqual(await theirs.list("Prices", never), [shown({ ...entry, weight: 5, inactive: true })]);
      }),
    );

    test(
      "two operators who change different fields at the same moment do not undo each other",
      withViews(open, async ({ mine, theirs }) => {
        await mine.register([entryOf("Prices", "p-1")]);
        const changes: NodeState[] = [{ weight: 5 }, { inactive: true }, { tags: { a: "1" } }];
        await Promise.all(changes.map((patch, i) => (i % 2 ? mine : theirs).setState("Prices", "p-1", patch)));
        const [seen] = await theirs.list("Prices", never);
        assert.deepEqual([seen?.weight, seen?.inactive, seen?.tags], [5, true, { a: "1" }]);
      }),
    );

    test(
      "only the named instance of the named service changes",
      withViews(open, async ({ mine, theirs }) => {
        await mine.register([entryOf("Prices", "p-1"), entryOf("Stock", "p-1")]);
        await mine.register([entryOf("Prices", "p-2")]);
        await theirs.setState("Prices", "p-1", { weight: 9 });
        assert.deepEqual(await weights(theirs, "Prices"), { "p-1": 9, "p-2": 1 });
        assert.deepEqual(await weights(theirs, "Stock"), { "p-1": 1 });
      }),
    );

    test(
      "a change outlives what happens to other instances and to the operator",
      withViews(open, async ({ mine, theirs, again }) => {
        await mine.register([entryOf("Prices", "p-1")]);
        const operator = await again();
        await operator.setState("Prices", "p-1", { weight: 9 });
        await operator.close();
        const other = await theirs.register([entryOf("Prices", "p-2")]);
        await other.update([entryOf("Prices", "p-2", { weight: 2 })]);
        assert.deepEqual(await weights(theirs, "Prices"), { "p-1": 9, "p-2": 2 });
        await other.release();
        assert.deepEqual(await weights(theirs, "Prices"), { "p-1": 9 });
      }),
    );

    test(
      "the instance's own update has the last word, also when it says what it said before",
      withViews(open, async ({ mine, theirs }) => {
        const entry = entryOf("Prices", "p-1");
        const lease = await mine.register([entry, entryOf("Stock", "p-1")]);
        await theirs.setState("Prices", "p-1", { weight: 9, inactive: true });
        await theirs.setState("Stock", "p-1", { weight: 9 });
        await lease.update([entry, entryOf("Stock", "p-1", { weight: 9 })]);
        assert.deepEqual(await theirs.list("Prices", never), [shown(entry)]);
        assert.deepEqual(await weights(theirs, "Stock"), { "p-1": 9 });
        await theirs.setState("Prices", "p-1", { weight: 4 });
        assert.deepEqual(await theirs.list("Prices", never), [shown({ ...entry, weight: 4 })]);
      }),
    );

    test(
      "a new instance at the same address does not inherit what was set for the old one",
      withViews(open, async ({ mine, theirs }) => {
        const old = await mine.register([entryOf("Prices", "start-1")]);
        await theirs.setState("Prices", "start-1", { inactive: true });
        await old.release();
        await mine.register([entryOf("Prices", "start-2")]);
        assert.deepEqual(await theirs.list("Prices", never), [shown(entryOf("Prices", "start-2"))]);
      }),
    );

    test(
      "changing an instance that is not registered fails and names it",
      withViews(open, async ({ mine, theirs }) => {
        const lease = await mine.register([entryOf("Prices", "p-1")]);
        const naming = (id: string) => (error: unknown) => error instanceof Error && error.message.includes(id);
        await assert.rejects(theirs.setState("Prices", "unheard-of", { weight: 2 }), naming("unheard-of"));
        await assert.rejects(theirs.setState("Stock", "p-1", { weight: 2 }), naming("p-1"));
        await lease.release();
        await assert.rejects(theirs.setState("Prices", "p-1", { weight: 2 }), naming("p-1"));
        assert.deepEqual(await theirs.list("Prices", never), []);
      }),
    );

    test(
      "a state that no balancer could use is refused and changes nothing",
      withViews(open, async ({ mine, theirs }) => {
        await mine.register([entryOf("Prices", "p-1")]);
        for (const weight of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
          await assert.rejects(theirs.setState("Prices", "p-1", { weight }), TypeError);
        }
        await assert.rejects(theirs.setState("Prices", "p-1", { latitude: 91 }), TypeError);
        assert.deepEqual(await theirs.list("Prices", never), [shown(entryOf("Prices", "p-1"))]);
      }),
    );
  });
}

/** Where an operator can change nothing from outside, he is told so, and nothing changes. */
export function noNodeStateTests(name: string, open: OpenRegistry): void {
  describe(`${name}: state of an instance`, () => {
    test(
      "an operator who would change it is told that there is no place for it, and nothing changes",
      withViews(open, async ({ mine, theirs }) => {
        await mine.register([entryOf("Prices", "p-1")]);
        await assert.rejects(
          theirs.setState("Prices", "p-1", { weight: 2 }),
          (error) =>
            error instanceof RpcError && error.code === "unimplemented" && error.reason === "REGISTRY_READ_ONLY",
        );
        assert.deepEqual(await theirs.list("Prices", never), [shown(entryOf("Prices", "p-1"))]);
      }),
    );
  });
}

async function weights(registry: Registry, service: string): Promise<Record<string, number>> {
  const list = await registry.list(service, never);
  return Object.fromEntries(list.map(({ id, weight }) => [id, weight]));
}
