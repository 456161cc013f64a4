import assert from "node:assert/strict";
import test from "node:test";
import { bind, connect, memoryTransport, RpcError, serve } from "@rpc/core";
import { assertAtRest } from "@rpc/core/testing";
import { ArithService } from "./arith.js";

test("a caller of a server that shuts down hears so", async () => {
  const transports = { memory: memoryTransport() };
  const server = await serve({
    services: [bind(ArithService, { add: (a, b) => a + b, factor: async () => [] })],
    listen: "memory://arith",
    transports,
  });
  const connector = connect({ address: server.address, transports });
  const arith = connector.client(ArithService);
  assert.equal(await arith.add(2, 3), 5);
  const lastAnswer = arith.factor(21);
  await server.close(); // what was begun is finished
  assert.deepEqual(await lastAnswer, []);
  await connector.close();
  await assert.rejects(arith.add(1, 1), (error: unknown) => error instanceof RpcError && error.processed === "no");
  await assertAtRest(connector);
});
