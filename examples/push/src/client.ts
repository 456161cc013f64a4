import { createInterface } from "node:readline";
import { createApp } from "@rpc/decorators";
import { fileRegistry } from "@rpc/registry-file";
import { Board } from "./board.js";
import { Inbox } from "./inbox.js";
import { settings } from "./settings.js";

const name = process.argv[2] ?? "ann";

// It listens nowhere, so nobody can connect to it: the server calls its Inbox on the connection that it makes itself, which
// is made again, with waits, whenever it is lost.
const app = await createApp({
  services: [Inbox],
  listen: false,
  registry: fileRegistry(settings.registry),
  cluster: settings.cluster,
  logger: "warn",
  connect: { credentials: settings.tokens[name] ?? "none", serve: { inFlight: 16 } },
});
const board = app.client(Board);
await app.start();
console.log(`you are ${name}: write something, "@ben something", or "wipe"`);

for await (const line of createInterface({ input: process.stdin })) {
  const [, to, text = ""] = /^@(\w+) (.*)$/.exec(line) ?? [];
  if (line === "wipe") console.log(await board.wipe());
  else console.log(`${to === undefined ? await board.post(line) : await board.whisper(to, text)} were told`);
}
await app.stop();
