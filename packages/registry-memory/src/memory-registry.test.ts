import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "@rpc/core";
import { registrySuite } from "@rpc/core/testing";
import { memoryRegistry } from "./memory-registry.js";
import { memoryStore } from "./memory-store.js";

const never = new AbortController().signal;
const entry = { service: "Prices", id: "p-1", address: "memory://prices", weight: 1, tags: {}, inactive: false };

registrySuite("memory, a store shared by views", async () => {
  const store = memoryStore();
  return { registry: memoryRegistry(store), again: async () => memoryRegistry(store), close: async () => {} };
});

describe("memoryRegistry", () => {
  test("two registries without a store know nothing of each other", async () => {
    await memoryRegistry().register([entry]);
    assert.deepEqual(await memoryRegistry().list("Prices", never), []);
  });

  test("an app that uses a registry another app has closed is told to have its own", async () => {
    const shared = memoryRegistry();
    await shared.close();
    await assert.rejects(
      shared.register([entry]),
      (error) => error instanceof RpcError && /memoryRegistry\(store\)/.test(error.message),
    );
  });

  test("a change is seen before the next turn of the event loop: a virtual clock need not move for it", async () => {
    const registry = memoryRegistry();
    const list = registry.watch("Prices", never)[Symbol.asyncIterator]();
    await list.next();
    let seen: number | undefined;
    const reading = list.next().then(({ value }) => {
      seen = value.length;
    });
    await registry.register([entry]);
    for (let i = 0; i < 10; i++) await undefined;
    assert.equal(seen, 1);
    await reading;
    await registry.close();
  });

  test("an entry with a weight that cannot be reckoned with is refused, and what stood there stays", async () => {
    const registry = memoryRegistry();
    const lease = await registry.register([entry]);
    await assert.rejects(lease.update([{ ...entry, weight: Number.NaN }]), TypeError);
    assert.equal((await registry.list("Prices", never)).length, 1);
  });
});
