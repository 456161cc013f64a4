import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { contracts } from "@rpc/schema";
import { rpc } from "../io.fixture.js";
import { ordersContract, serveOrders, serveWithContract } from "../served.fixture.js";
import { declarationText, typeText } from "./type-text.js";

describe("rpc describe", () => {
  test("shows a service as TypeScript where its server has a contract, with what its methods reach", async (t) => {
    const address = await serveWithContract(t);
    const { exitCode, stdout, stderr } = await rpc(["describe", "shop.Orders", "--address", address]);
    assert.deepEqual([exitCode, stderr], [0, ""]);
    assert.equal(
      stdout,
      `// Takes orders.
service shop.Orders {
  // Takes an order.
  place(order: Order, count?: number): Promise<Placed>; // idempotent; at most 5000 ms; also order
  sum(numbers: AsyncIterable<bigint>): Promise<bigint>;
}

// What somebody wants.
interface Order {
  at: Date;
  lines: Map<string, bigint>;
  kind?: "new" | "again"; // Whether it is repeated.
}

interface Placed {
  order: Order;
  count: number;
}

class OutOfStock extends RpcError { reason: "OUT_OF_STOCK"; code: "failed_precondition"; details: { left: number } }
`,
    );
    const json = JSON.parse((await rpc(["describe", "shop.Orders", "--address", address, "--json"])).stdout);
    assert.deepEqual(json.contract, JSON.parse(JSON.stringify(ordersContract)));
    const one = await rpc(["describe", "shop.Orders.sum", "--address", address]);
    assert.doesNotMatch(one.stdout, /place|interface|OutOfStock/);
    assert.match(one.stdout, /sum\(numbers/);
  });

  test("shows names and kinds where there is no contract", async (t) => {
    const { registry } = await serveOrders(t);
    const { exitCode, stdout } = await rpc(["describe", "shop.Orders", "--registry", registry]);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^shop\.Orders: its server was given no contract/);
    assert.match(stdout, /^ {2}place +one answer, idempotent$/m);
    assert.match(stdout, /^ {2}double +takes a stream, a stream of results$/m);
    assert.match(
      (await rpc(["describe", "shop.Orders.sum", "--registry", registry])).stdout,
      /^ {2}sum +takes a stream\n$/m,
    );
  });

  test("says who may have been meant, and that a server does not tell", async (t) => {
    const { registry } = await serveOrders(t);
    const service = await rpc(["describe", "Orders", "--registry", registry]);
    assert.deepEqual([service.exitCode, service.stdout], [1, ""]);
    assert.match(service.stderr, /nobody serves Orders at file:/);
    const method = await rpc(["describe", "shop.Orders.some", "--registry", registry]);
    assert.equal(method.exitCode, 1);
    assert.match(method.stderr, /shop\.Orders has no method some; did you mean sum\?/);
    const silent = await serveOrders(t, { reflection: false });
    const { exitCode, stderr } = await rpc(["describe", "shop.Orders", "--registry", silent.registry]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /does not tell what shop\.Orders is: .*rpc\.Reflection/);
  });
});

test("what a server says of itself cannot redraw the terminal", async (t) => {
  const evil = "\u001b[2J\u202e";
  const described = { ...ordersContract, description: `Takes${evil} orders.` };
  const { registry } = await serveOrders(t, {
    tags: { note: evil },
    contract: contracts({ format: 1, services: { "shop.Orders": described } }),
  });
  for (const argv of [
    ["list"],
    ["list", "--json"],
    ["describe", "shop.Orders"],
    ["describe", "shop.Orders", "--json"],
  ]) {
    const { exitCode, stdout } = await rpc([...argv, "--registry", registry]);
    assert.equal(exitCode, 0);
    assert.ok(stdout.includes("[2J") && !stdout.includes("\u001b") && !stdout.includes("\u202e"), argv.join(" "));
  }
  const echoed = await rpc(["call", "shop.Orders.echo", '"\\u009b\\u202e"', "--registry", registry]);
  assert.equal(echoed.stdout, '["\\u009b\\u202e"]\n');
});

test("types are written as TypeScript writes them", () => {
  assert.equal(
    typeText({ type: "array", items: { anyOf: [{ type: "string" }, { type: "null" }] } }),
    "Array<string | null>",
  );
  assert.equal(
    typeText({
      type: "array",
      prefixItems: [{ type: "string" }, { type: "integer" }],
      items: { tsType: "Date" },
      minItems: 1,
    }),
    "[string, number?, ...Date[]]",
  );
  assert.equal(
    typeText({
      type: "object",
      properties: { "a-b": { const: 1 } },
      additionalProperties: { tsType: "Set", items: {} },
    }),
    '{ "a-b"?: 1; [name: string]: Set<unknown> }',
  );
  assert.equal(typeText({}), "unknown");
  assert.equal(
    declarationText("Id", { anyOf: [{ $ref: "#/types/A" }, { type: ["string", "number"] }] }),
    "type Id = A | string | number;",
  );
});
