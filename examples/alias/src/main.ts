import { bind, connect, defineService, serve } from "@rpc/core";
import { serviceOf } from "@rpc/decorators";
import { Prices } from "./prices.js";

/** What a client that was built last year knows. */
const OldPrices = defineService<{ priceOf(product: string): number }>("shop.PriceList", { priceOf: {} });

const server = await serve({ services: [bind(serviceOf(Prices), new Prices())] });
const connector = connect({ address: server.address });

console.log("new client:", await connector.client(serviceOf(Prices)).of("tea"));
console.log("old client:", await connector.client(OldPrices).priceOf("tea"));

await connector.close();
await server.close();
