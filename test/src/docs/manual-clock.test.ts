import assert from "node:assert/strict";
import test from "node:test";
import { bind, connect, memoryTransport, serve, withOptions } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { ArithService } from "./arith.js";

test("a call that takes too long fails at its deadline, and the test does not wait for it", async () => {
  const clock = createManualClock();
  const transports = { memory: memoryTransport() };
  const slow = (): Promise<number[]> => new Promise((resolve) => void clock.setTimer(() => resolve([3, 7]), 60_000));
  const server = await serve({
    services: [bind(ArithService, { add: (a, b) => a + b, factor: slow })],
    listen: "memory://arith",
    transports,
    clock,
  });
  const connector = connect({ address: server.address, transports, clock });
  const answer = withOptions(connector.client(ArithService), { timeoutMs: 2_000 }).factor(21);
  const failed = assert.rejects(answer, { code: "deadline_exceeded" });
  await clock.advance(2_010);
  await failed;
  const closed = Promise.all([connector.close(), server.close()]);
  await clock.advance(60_000); // the handler did not look at its signal
  await closed;
});
