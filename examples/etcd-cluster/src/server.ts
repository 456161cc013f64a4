import { createApp } from "@rpc/decorators";
import { registry } from "./registry.js";
import { Workers } from "./workers.js";

const app = await createApp({ services: [Workers], registry: registry() });
await app.start(); // listens, then registers under a lease that is kept alive; SIGTERM drains
console.log(`Workers ${process.pid} is served at ${app.address}`);
