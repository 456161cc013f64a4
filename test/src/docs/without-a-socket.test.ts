import assert from "node:assert/strict";
import test from "node:test";
import { bind, createClient, createDispatcher } from "@rpc/core";
import { ArithService } from "./arith.js";

test("what calls a service is tested without a network", async () => {
  const dispatcher = createDispatcher([bind(ArithService, { add: (a, b) => a + b, factor: async () => [3, 7] })]);
  const arith = createClient(ArithService, dispatcher.invoke);
  assert.equal(await arith.add(2, 3), 5);
});
