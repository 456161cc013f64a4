import { createApp } from "@rpc/decorators";
import { Arith } from "./arith.js";

const app = await createApp({ services: [Arith] });
await app.start(); // listens on loopback, then registers; SIGTERM drains
console.log(`Arith is served at ${app.address}`);
