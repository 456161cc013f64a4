import { RpcError, withOptions } from "@rpc/core";
import { createApp } from "@rpc/decorators";
import { Catalogue, Shop, Warehouse } from "./hops.js";

// One process plays all parts; every call goes through a socket all the same.
const app = await createApp({ services: [Shop, Catalogue, Warehouse], logger: false });
await app.start();
const shop = app.client(Shop);

/** Tells how a call ended, and after how long. */
async function ending(call: Promise<string>): Promise<string> {
  const startedAt = performance.now();
  const outcome = await call.catch((error: unknown) => (error instanceof RpcError ? error.code : String(error)));
  return `${outcome} after ${Math.round(performance.now() - startedAt)} ms`;
}

console.log("A deadline of 500 ms");
console.log(`caller: ${await ending(withOptions(shop, { timeoutMs: 500 }).find("tea"))}`);

console.log("The caller gives up after 400 ms");
const signal = AbortSignal.timeout(400);
console.log(`caller: ${await ending(withOptions(shop, { signal }).find("tea"))}`);

await app.stop(); // waits for handlers: none is left running
