import assert from "node:assert/strict";
import test from "node:test";
import { bind, connect, memoryTransport, serve } from "@rpc/core";
import { serviceOf } from "@rpc/decorators";
import { Basket } from "./basket.js";
import { Prices } from "./prices.js";

test("what a caller of the basket hears when prices cannot be had", async () => {
  const transports = { memory: memoryTransport() };
  const pricesBehind = connect({ address: "memory://prices", transports, waitForReady: false }); // nobody listens there
  const basket = new Basket(pricesBehind.client(serviceOf(Prices)));
  const server = await serve({ services: [bind(serviceOf(Basket), basket)], listen: "memory://basket", transports });
  const connector = connect({ address: server.address, transports });

  await assert.rejects(connector.client(serviceOf(Basket)).total(["tea"]), { reason: "NO_PRICES", processed: "yes" });

  await connector.close();
  await pricesBehind.close();
  await server.close();
});
