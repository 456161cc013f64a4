import { consistentHash } from "@rpc/balancer";
import { bind, type Connector, connect, defineService, type Registry, withOptions } from "@rpc/core";

interface Carts {
  add(user: string, product: string): string;
}

export const CartsService = defineService<Carts>("Carts", { add: { key: (user: string) => user } });

export const carts = (server: string) =>
  bind(CartsService, { add: (user, product) => `${user}: ${product} at ${server}` });

export function openCarts(registry: Registry): Connector {
  return connect({ registry, balancer: consistentHash() });
}

/** The same user's calls go to the same server; the call's own key is stronger than the method's. */
export async function shop(connector: Connector): Promise<string[]> {
  const client = connector.client(CartsService);
  const asAda = withOptions(client, { route: { key: "ada" } });
  return [await client.add("ada", "tea"), await client.add("ada", "milk"), await asAda.add("bob", "salt")];
}
