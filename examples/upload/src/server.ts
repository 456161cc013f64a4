import { createApp } from "@rpc/decorators";
import { Uploads } from "./uploads.js";

const app = await createApp({ services: [Uploads] });
await app.start();
console.log(`Uploads is served at ${app.address}`);
