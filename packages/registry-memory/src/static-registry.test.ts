import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "@rpc/core";
import { readOnlyRegistrySuite } from "@rpc/core/testing";
import { type StaticNode, type StaticRegistry, staticRegistry } from "./static-registry.js";

const { signal: never } = new AbortController();

readOnlyRegistrySuite("a static list", async () => {
  const lists = new Map<string, readonly string[]>();
  const views: StaticRegistry[] = [];
  const nodes = (): readonly StaticNode[] =>
    [...lists].flatMap(([service, addresses]) =>
      addresses.map((address) => ({ address, id: `${service} ${address}`, services: [service] })),
    );
  const open = (): StaticRegistry => {
    const view = staticRegistry(nodes());
    views.push(view);
    return view;
  };
  return {
    registry: open(),
    again: async () => open(),
    say(service, addresses) {
      lists.set(service, addresses);
      for (const view of views) view.set(nodes());
    },
    close: async () => {},
  };
});

describe("staticRegistry", () => {
  test("an address alone is an instance of every service, with the usual weight and no tags", async () => {
    const registry = staticRegistry(["tcp://10.0.0.1:7000"]);
    const endpoint = {
      id: "tcp://10.0.0.1:7000",
      address: "tcp://10.0.0.1:7000",
      weight: 1,
      tags: {},
      inactive: false,
    };
    for (const service of ["Prices", "Stock"]) assert.deepEqual(await registry.list(service, never), [endpoint]);
    await registry.close();
  });

  test("a node says more: services, weight, tags, inactive; the names of services are told", async () => {
    const node = { address: "tcp://10.0.0.1:7000", id: "a", weight: 3, tags: { zone: "eu" }, inactive: true };
    const registry = staticRegistry([{ ...node, services: ["Stock", "Prices"] }, "tcp://10.0.0.2:7000"]);
    assert.deepEqual((await registry.list("Prices", never))[0], node);
    assert.equal((await registry.list("Orders", never)).length, 1);
    assert.deepEqual((await registry.services(never)[Symbol.asyncIterator]().next()).value, ["Prices", "Stock"]);
    await registry.close();
  });

  test("a node that cannot be is refused at once, and the list stays as it was", async () => {
    const registry = staticRegistry(["tcp://10.0.0.1:7000"]);
    const wrong = ["10.0.0.1:7000", "", { addres: "tcp://a:1" }, { address: "tcp://a:1", weight: -1 }, {}] as const;
    for (const node of wrong) {
      assert.throws(
        () => registry.set([node as StaticNode]),
        (error) => error instanceof RpcError || error instanceof TypeError,
      );
    }
    assert.equal((await registry.list("Prices", never)).length, 1);
    await registry.close();
  });
});
