import assert from "node:assert/strict";
import { test } from "node:test";
import { bind, connect, defineService, RpcError, serve, tokens } from "@rpc/core";
import { allow, concurrencyLimit, rateLimit } from "@rpc/core/limits";

const Prices = defineService<{ quote(): number }>("Prices", { quote: {} });
const prices = bind(Prices, { quote: () => 7 });

test("one caller is held to its rate, and somebody else is let in", async () => {
  const busy = concurrencyLimit({ calls: 100 });
  const server = await serve({
    services: [prices],
    listen: "tcp://127.0.0.1:0",
    authenticate: tokens({ shop: "s-3cr3t", billing: "b-3cr3t" }),
    admissions: [
      allow({ identities: ["shop", "billing"] }), // first: it costs least
      rateLimit({ perSecond: 1, burst: 2, by: "caller" }),
      busy.admission, // last: it counts what is let in
    ],
    interceptors: [busy.interceptor],
  });
  const [shop, billing] = ["s-3cr3t", "b-3cr3t"].map((credentials) =>
    connect({ address: server.address, credentials, retry: false }),
  );
  const calls = await Promise.allSettled([1, 2, 3].map(() => shop!.client(Prices).quote()));
  const failed = calls.flatMap((call) => (call.status === "rejected" ? [call.reason] : []));
  assert.ok(failed.length === 1 && failed[0] instanceof RpcError && failed[0].reason === "RATE_LIMIT");
  assert.equal(await billing!.client(Prices).quote(), 7);
  await Promise.all([shop!.close(), billing!.close()]);
  await server.close();
});
