import { RpcError } from "@rpc/core";
import { createApp } from "@rpc/decorators";
import { OutOfStock } from "./out-of-stock.js";
import { Stock } from "./stock.js";

// One process plays both sides; every call goes through a socket all the same.
const app = await createApp({ services: [Stock], errors: [OutOfStock], logger: false });
await app.start();
const stock = app.client(Stock);

try {
  await stock.take("tea", 3);
} catch (error) {
  if (!(error instanceof OutOfStock)) throw error;
  console.log(`OutOfStock: ${error.details.left} of ${error.details.sku} left; processed: ${error.processed}`);
}

const startedAt = performance.now();
const count = await stock.count("tea"); // tried again by itself
console.log(`${count}, at the second attempt; waited at least 50 ms: ${performance.now() - startedAt >= 50}`);

try {
  await stock.audit();
} catch (error) {
  if (error instanceof RpcError) console.log(`${error.code}: ${error.message}`);
}

await app.stop();

try {
  await stock.count("tea");
} catch (error) {
  if (error instanceof RpcError) console.log(`${error.code}, ${error.reason}; processed: ${error.processed}`);
}
