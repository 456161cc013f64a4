import { readFileSync } from "node:fs";
import { createApp } from "@rpc/decorators";
import { Orders } from "./services/orders.js";
import { Stock } from "./services/stock.js";
import { settings } from "./settings.js";

/** Every service of this project, under the name that it is served by. */
const services = {
  Orders,
  Stock,
};

// `node dist/main.js` serves all of them, `node dist/main.js Orders` this one alone.
const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(services, name));
if (unknown !== undefined) {
  throw new Error(`there is no service ${unknown}, but ${Object.keys(services).join(", ")}`);
}
const served = Object.entries(services).filter(([name]) => names.length === 0 || names.includes(name));

// What the services promise, as `npm run generate` wrote it: arguments that are not so are refused before a service sees them.
const contract = JSON.parse(readFileSync(new URL("generated/contract.json", import.meta.url), "utf8"));

const app = await createApp({ ...settings(process.env), services: served.map(([, service]) => service), contract });
await app.start(); // listens, then registers; SIGTERM drains
