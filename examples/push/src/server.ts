import { bind, tokens } from "@rpc/core";
import { createApp, serviceOf } from "@rpc/decorators";
import { fileRegistry } from "@rpc/registry-file";
import { Board } from "./board.js";
import { Connected } from "./connected.js";
import { settings } from "./settings.js";

const connected = new Connected();
const app = await createApp({
  services: [bind(serviceOf(Board), new Board(connected))],
  registry: fileRegistry(settings.registry),
  cluster: settings.cluster,
  logger: "warn",
  serve: { authenticate: tokens(settings.tokens) },
});
connected.use(app);
await app.start();
console.log("the board is open");
