import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "../contract/errors.js";
import { ShopService, simulation } from "./simulation.fixture.js";

const A = "memory://a";

describe("what interceptors pass on", () => {
  test("a copy of a call is refused by name, since its caller's deadline would not reach it", async (t) => {
    const { serveShop, connect, finish } = simulation(t);
    await serveShop("a");
    const shop = connect({ address: A, interceptors: [(next) => (call) => next({ ...call })] }).client(ShopService);
    const error: unknown = await finish(shop.where().catch((thrown: unknown) => thrown));
    assert.ok(error instanceof RpcError);
    assert.deepEqual([error.reason, error.processed], ["CALL_COPIED", "no"]);
  });

  test("the call itself passes, with whatever was changed of it", async (t) => {
    const { serveShop, connect, finish } = simulation(t);
    await serveShop("a");
    const shop = connect({
      address: A,
      interceptors: [
        (next) => (call) => {
          call.metadata = { changed: "yes" };
          call.deadline += 1;
          return next(call);
        },
      ],
    }).client(ShopService);
    assert.equal(await finish(shop.where()), "a");
  });
});
