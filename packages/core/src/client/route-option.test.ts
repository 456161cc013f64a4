import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call, Route } from "../contract/call.js";
import { defineService } from "../service/define-service.js";
import { createClient, withOptions } from "./create-client.js";

const ShopService = defineService<{ price(name: string): number }>("shop.Shop", { price: {} });

/** Returns where each call said it may go. */
function routes() {
  const seen: (Route | undefined)[] = [];
  const shop = createClient(ShopService, async (call: Call) => seen.push(call.route));
  return { shop, seen };
}

test("where a call may go is said by withOptions, one saying over another, and not by the client it was made from", async () => {
  const { shop, seen } = routes();
  const keyed = withOptions(shop, { route: { key: "user:7" } });
  await keyed.price("tea");
  await withOptions(keyed, { route: { only: "i-1" } }).price("tea");
  await withOptions(keyed, { timeoutMs: 50 }).price("tea");
  await shop.price("tea");
  assert.deepEqual(seen, [{ key: "user:7" }, { key: "user:7", only: "i-1" }, { key: "user:7" }, undefined]);
});

test("what the caller changes later does not change where calls go", async () => {
  const { shop, seen } = routes();
  const except = ["i-1"];
  const client = withOptions(shop, { route: { except } });
  except.push("i-2");
  await client.price("tea");
  assert.deepEqual(seen, [{ except: ["i-1"] }]);
});

test("a route that cannot be is refused by name", () => {
  const { shop } = routes();
  const rows: readonly [route: unknown, said: RegExp][] = [
    ["i-1", /withOptions: route must be an object/],
    [{ onyl: "i-1" }, /route has no option "onyl"; did you mean "only"/],
    [{ only: 1 }, /route: only must be a string/],
    [{ key: 7 }, /route: key must be a string/],
    [{ except: "i-1" }, /route: except must be an array/],
    [{ except: [1] }, /route.except must be an array of endpoints' ids/],
  ];
  for (const [route, said] of rows) assert.throws(() => withOptions(shop, { route: route as Route }), said);
});
