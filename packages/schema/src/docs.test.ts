import assert from "node:assert/strict";
import test from "node:test";
import { bind, connect, defineService, serve } from "@rpc/core";
import { type Contract, compareContracts, contracts, validating } from "./index.js"; // you write: from "@rpc/schema"

/** What `rpc generate` writes into contract.json. */
const shop = (amount: "number" | "integer"): Contract => ({
  format: 1,
  services: {
    Shop: {
      types: { Line: { type: "object", properties: { amount: { type: amount } }, required: ["amount"] } },
      methods: {
        total: {
          signature: "total(lines: Line[]): Promise<number>",
          kind: "unary",
          parameters: [{ name: "lines", schema: { type: "array", items: { $ref: "#/types/Line" } } }],
          result: { type: "number" },
        },
      },
    },
  },
});

interface Shop {
  total(lines: readonly { readonly amount: number }[]): number;
}
const ShopService = defineService<Shop>("Shop", { total: {} });

test("a client of an older contract is told what breaks, and wrong arguments never reach the handler", async (t) => {
  const [before, after] = [shop("number"), shop("integer")];
  const [difference] = compareContracts(before, after);
  assert.equal(difference?.what, "lines[].amount takes number no longer, only whole number");

  const server = await serve({
    services: [bind(ShopService, { total: (lines) => lines.reduce((sum, { amount }) => sum + amount, 0) })],
    contract: contracts(after),
    interceptors: [validating(after)],
  });
  const connector = connect({ address: server.address, contract: contracts(before) });
  t.after(() => connector.close().then(() => server.close()));
  const client = connector.client(ShopService);

  assert.equal(await client.total([{ amount: 2 }, { amount: 3 }]), 5);
  let told = "";
  // The contract is fetched beside the calls, so that the first ones may be over before it is there.
  while (!told.includes("contract")) {
    const failed = client.total([{ amount: 0.5 }]);
    told = await failed.then(String, (error: Error) => error.message);
  }
  assert.equal(
    told,
    "Shop.total: lines[0].amount: expected a whole number, got a number " +
      "(its server's contract differs: lines[].amount takes number no longer, only whole number)",
  );
});
