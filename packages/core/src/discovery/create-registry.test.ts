import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "../contract/errors.js";
import type { Logger } from "../contract/logger.js";
import { silent } from "../contract/logger.js";
import type { Endpoint } from "../contract/registry.js";
import { createManualClock } from "../testing/manual-clock.js";
import { registrySuite } from "../testing/registry-suite.js";
import { createRegistry } from "./create-registry.js";
import { createShelf, registryOf } from "./shelf.fixture.js";
import { createSkipLog } from "./skip-log.js";
import type { Store } from "./store.js";

const never = new AbortController().signal;
const entry = { service: "Prices", id: "p-1", address: "memory://a", weight: 1, tags: {}, inactive: false };

registrySuite("createRegistry over a store within the test", async () => {
  const shelf = createShelf();
  return { registry: registryOf(shelf), again: async () => registryOf(shelf), close: async () => {} };
});

/** Lets promise reactions run: no time of any clock passes. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe("createRegistry", () => {
  test("a watch of a store that tells nothing looks again each minute, or when the store says so", async () => {
    const clock = createManualClock();
    const readAt: number[] = [];
    let againMs: number | undefined;
    const store: Store = {
      read: async () => {
        readAt.push(Math.round(clock.now()));
        return { value: [], ...(againMs !== undefined && { againMs }) };
      },
      names: async () => ({ value: [] }),
      close: async () => {},
    };
    const registry = createRegistry({ name: "a list", store, clock, random: () => 0.5, logger: silent });
    const watch = registry.watch("Prices", never)[Symbol.asyncIterator]();
    await watch.next();
    const over = watch.next();
    await settle();
    await clock.advance(60_100);
    assert.deepEqual(readAt, [0, 60_030]);
    againMs = 1_000;
    await clock.advance(60_100);
    await clock.advance(2_100);
    assert.deepEqual(readAt, [0, 60_030, 120_060, 121_090, 122_120]);
    await registry.close();
    assert.equal((await over).done, true);
    assert.equal(clock.timers, 0);
  });

  test("a thousand watches of one change do not all look at the same moment", async () => {
    const clock = createManualClock();
    const shelf = createShelf();
    const readAt: number[] = [];
    const store: Store = {
      ...shelf.view(),
      read: async () => {
        readAt.push(Math.floor(clock.now()));
        return { value: [] };
      },
    };
    const registry = createRegistry({ name: "a shelf", store, clock, random: Math.random, logger: silent });
    const watches = Array.from({ length: 1_000 }, () =>
      registry.watch("Prices", new AbortController().signal)[Symbol.asyncIterator](),
    );
    await Promise.all(watches.map((watch) => watch.next()));
    const over = watches.map((watch) => watch.next());
    await settle();
    readAt.length = 0;
    for (const follower of shelf.followers) follower.changed();
    await clock.advance(50);
    assert.equal(readAt.length, 1_000);
    for (const at of new Set(readAt)) assert.ok(readAt.filter((other) => other === at).length < 200, `all at ${at}`);
    await registry.close();
    await Promise.all(over);
  });

  test("a change between two looks is not missed, and one that comes while a list is read is read again", async () => {
    const shelf = createShelf();
    const registry = registryOf(shelf);
    const watch = registry.watch("Prices", never)[Symbol.asyncIterator]();
    const first = watch.next();
    await registry.register([entry]);
    assert.ok([0, 1].includes((await first).value.length));
    const other = registryOf(shelf);
    await other.register([{ ...entry, id: "p-2" }]);
    let last: readonly Endpoint[] = [];
    while (last.length < 2) last = (await watch.next()).value;
    await Promise.all([registry.close(), other.close()]);
    assert.equal(shelf.followers.size, 0);
  });

  test("a watch whose store is lost, or cannot be read, throws and names the registry and the service", async () => {
    const shelf = createShelf();
    const registry = registryOf(shelf);
    const watch = registry.watch("Prices", never)[Symbol.asyncIterator]();
    await watch.next();
    const next = watch.next();
    for (const follower of shelf.followers) follower.lost(new Error("made up: cut"));
    const named = (error: unknown): boolean =>
      error instanceof RpcError && error.code === "unavailable" && /Prices in a shelf: made up/.test(error.message);
    await assert.rejects(next, named);
    shelf.broken = new Error("made up: gone");
    await assert.rejects(registry.watch("Prices", never)[Symbol.asyncIterator]().next(), named);
    await assert.rejects(registry.list("Prices", never), named);
    assert.equal(shelf.followers.size, 0);
    shelf.broken = undefined;
    await registry.close();
  });

  test("a lost lease tells so once, takes nothing more, and is released without a word", async () => {
    const shelf = createShelf();
    const registry = registryOf(shelf);
    const lease = await registry.register([entry]);
    shelf.wipe();
    assert.match((await lease.lost).message, /wiped/);
    await assert.rejects(lease.update([entry]), (error) => error instanceof RpcError && error.reason === "LEASE_ENDED");
    await lease.release();
    const again = await registry.register([entry]);
    assert.equal((await registry.list("Prices", never)).length, 1);
    await again.release();
    await registry.close();
  });

  test("a registry that does not answer lets itself be closed, and its watches end", async () => {
    const store: Store = {
      read: () => new Promise(() => {}),
      names: () => new Promise(() => {}),
      close: async () => {},
    };
    const clock = createManualClock();
    const registry = createRegistry({ name: "a hole", store, clock, random: () => 0, logger: silent });
    const watch = registry.watch("Prices", never)[Symbol.asyncIterator]().next();
    const giveUp = new AbortController();
    const list = registry.list("Prices", giveUp.signal);
    await settle();
    giveUp.abort();
    await assert.rejects(list, (error) => error === giveUp.signal.reason);
    await registry.close();
    assert.equal((await watch).done, true);
  });
});

test("garbage that is read each minute is logged once for each key", () => {
  const warned: unknown[] = [];
  const logger: Logger = { ...silent, warn: (_message, fields) => warned.push(fields?.["key"]) };
  const skip = createSkipLog("a shelf", logger);
  for (let round = 0; round < 3; round++) for (const key of ["a", "b"]) skip(key, new Error("no JSON"));
  assert.deepEqual(warned, ["a", "b"]);
});
