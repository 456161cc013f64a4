import { createApp } from "@rpc/decorators";
import { Ticker } from "./ticker.js";

const app = await createApp({ services: [Ticker] });
await app.start();
console.log(`Ticker is served at ${app.address}`);
