import { type Balancer, type Client, connect, withOptions } from "@rpc/core";
import { serviceOf } from "@rpc/decorators";
import { memoryRegistry } from "@rpc/registry-memory";
import { everybody, oneInTen, testers } from "./clients.js";
import { Prices } from "./prices.js";
import { servePrices } from "./servers.js";

const registry = memoryRegistry();
const stable = [await servePrices(registry, "1", "stable"), await servePrices(registry, "1", "stable")];
const canary = await servePrices(registry, "2", "canary");

const connectors = [everybody, testers, oneInTen].map((balancer: Balancer) => connect({ registry, balancer }));
const [forAll, forTesters, forSome] = connectors.map((connector) => connector.client(serviceOf(Prices)));

/** How many of a hundred users get version 2. */
async function canaryShare(client: Client<Prices>): Promise<number> {
  const users = Array.from({ length: 100 }, (_, user) => withOptions(client, { route: { key: `${user}` } }));
  const answers = await Promise.all(users.map((user) => user.of("tea")));
  return answers.filter((answer) => answer.endsWith("version 2")).length;
}

// Each connector is connected to whom it may call before anything is counted.
for (const connector of connectors) await connector.client(serviceOf(Prices)).of("tea");
await new Promise((resolve) => setTimeout(resolve, 200));

console.log(`everybody:  ${await canaryShare(forAll!)} of 100 to the canary`);
console.log(`testers:    ${await canaryShare(forTesters!)} of 100 to the canary`);
console.log(`one in ten: ${await canaryShare(forSome!)} of 100 to the canary`);

await canary.close();
console.log(`without it: ${await canaryShare(forTesters!)} of 100 to the canary, and nobody notices`);

await Promise.all(connectors.map((connector) => connector.close()));
await Promise.all(stable.map((server) => server.close()));
await registry.close();
