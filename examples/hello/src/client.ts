import { createApp } from "@rpc/decorators";
import { Greeter } from "./greeter.js";

const app = await createApp({});
const greeter = app.client(Greeter);
console.log(await greeter.greet(process.argv[2] ?? "world"));
await app.stop();
