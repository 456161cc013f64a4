import { bind, connect, defineService, RpcError, serve } from "@rpc/core";

/** Known to both sides: in an application it stands in a file that both import. */
class OutOfStock extends RpcError {
  static override readonly reason = "OUT_OF_STOCK"; // what it is known by on the wire
  declare readonly details: { readonly sku: string; readonly left: number }; // what travels

  constructor(sku: string, left: number) {
    super("failed_precondition", `only ${left} of ${sku} are left`, { details: { sku, left } });
  }

  get sku(): string {
    return this.details.sku;
  }
}

interface Stock {
  take(sku: string, count: number): void;
}
const StockService = defineService<Stock>("Stock", { take: {} });

const stock = bind(StockService, {
  take(sku, count) {
    if (count > 2) throw new OutOfStock(sku, 2);
  },
});
const server = await serve({ services: [stock], errors: [OutOfStock] });
const connector = connect({ address: server.address, errors: [OutOfStock] });

try {
  await connector.client(StockService).take("tea", 3);
} catch (error) {
  if (!(error instanceof OutOfStock)) throw error;
  console.log(`${error.sku}: ${error.details.left} left; ${error.code}, processed: ${error.processed}`);
}
await connector.close();
await server.close();
