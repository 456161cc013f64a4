import { createApp } from "@rpc/decorators";
import { Greeter } from "./greeter.js";

const app = await createApp({ services: [Greeter] });
await app.start();
console.log(`Greeter is served at ${app.address}`);
