import assert from "node:assert/strict";
import test from "node:test";
import { bind, connect, memoryTransport, RpcError, serve } from "@rpc/core";
import { serviceOf } from "@rpc/decorators";
import { Basket } from "./basket.js";
import { Prices } from "./prices.js";

test("a caller hears that prices cannot be had, and nothing of why", async () => {
  const transports = { memory: memoryTransport() };
  const connector = connect({ address: "memory://shop", transports });
  const unknown = (): never => {
    throw new RpcError("not_found", "no such product");
  };
  const prices = bind(serviceOf(Prices), { of: unknown });
  const basket = bind(serviceOf(Basket), new Basket(connector.client(serviceOf(Prices))));
  const server = await serve({ services: [prices, basket], listen: "memory://shop", transports });

  await assert.rejects(connector.client(serviceOf(Basket)).total(["tea"]), {
    code: "failed_precondition",
    reason: "NO_PRICES",
    message: "prices cannot be had",
  });

  await connector.close();
  await server.close();
});
