import { p2cPeakEwma } from "@rpc/balancer";
import { type Client, connect, defineService, fallback, type Registry, withOptions } from "@rpc/core";

interface Prices {
  of(product: string): number;
  change(product: string, price: number): void;
}

export const PricesService = defineService<Prices>("Prices", {
  of: { idempotent: true, failMode: "failbackup" },
  change: { failMode: "failfast" },
});

export function openPrices(registry: Registry, lastKnown: (path: string) => unknown) {
  return connect({
    registry,
    balancer: p2cPeakEwma,
    retry: { attempts: 3, budget: { ratio: 0.1, perSecond: 10 }, failMode: "failover" },
    ejection: { failuresInARow: 5, ejectMs: 5_000 },
    interceptors: [fallback((_error, call) => lastKnown(call.method.path), { methods: ["/Prices/of"] })],
  });
}

/** Once for this call alone: at the same endpoint, where it certainly never ran. */
export const patiently = (prices: Client<Prices>): Client<Prices> => withOptions(prices, { failMode: "failtry" });
