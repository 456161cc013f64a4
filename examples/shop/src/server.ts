import { createApp, scan } from "@rpc/decorators";
import { fileRegistry } from "@rpc/registry-file";
import { followParent, tellParent } from "./parent.js";
import { settings } from "./settings.js";

// One of the identical servers: it serves every service in the folder beside it. Orders calls Prices and Stock wherever they
// run, in this process or in another.
const app = await createApp({
  services: await scan(new URL("./services/", import.meta.url)),
  registry: fileRegistry(settings.registry),
  cluster: settings.cluster,
  serve: { tags: { server: settings.server } },
});
followParent();
await app.start();
await tellParent({ kind: "ready" });
