import { connect, RpcError, serve } from "@rpc/core";
import { rates } from "./handlers.js";
import { logged } from "./logged.js";
import { RatesService } from "./rates.js";

const server = await serve({ services: [rates], interceptors: [logged] });
const connector = connect({ address: server.address });
const client = connector.client(RatesService);

console.log(`100 EUR are ${await client.convert(100, "EUR", "USD")} USD`);
for await (const number of client.countdown(3)) console.log(number);
try {
  await client.convert(1, "EUR", "XYZ");
} catch (error) {
  if (error instanceof RpcError) console.log(`${error.code}: ${error.message}`);
}

await connector.close();
await server.close();
