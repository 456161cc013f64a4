/** A process as a user writes it: an app on a registry of files, in the folder given, which says where it listens. */
import { fileRegistry } from "@rpc/registry-file";
import { createApp } from "./create-app.js";
import { Slow } from "./slow.fixture.js";

const app = await createApp({ services: [Slow], registry: fileRegistry({ directory: process.argv[2]! }) });
await app.start();
console.log(`listening at ${app.address}`);
