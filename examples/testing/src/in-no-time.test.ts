import assert from "node:assert/strict";
import test from "node:test";
import { bind, connect, memoryTransport, serve } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { serviceOf } from "@rpc/decorators";
import { Basket } from "./basket.js";
import { Prices } from "./prices.js";

test("a price that takes a minute is not waited for longer than a second", async () => {
  const clock = createManualClock();
  const transports = { memory: memoryTransport() };
  const slow = (): Promise<number> => new Promise((resolve) => void clock.setTimer(() => resolve(300), 60_000));
  const server = await serve({
    services: [bind(serviceOf(Prices), { of: slow })],
    listen: "memory://prices",
    transports,
    clock,
  });
  const connector = connect({ address: server.address, transports, clock });
  const basket = new Basket(connector.client(serviceOf(Prices)));

  const total = assert.rejects(basket.total(["tea"]), { reason: "NO_PRICES" });
  await clock.advance(1_010); // no test waits a second for this
  await total;

  const closed = Promise.all([connector.close(), server.close()]);
  await clock.advance(60_000); // the slow handler ends
  await closed;
});
