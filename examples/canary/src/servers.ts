import { bind, type Registry, type Server, serve } from "@rpc/core";
import { serviceOf } from "@rpc/decorators";
import { Prices } from "./prices.js";

/** Serves one instance, as each process of its own would: its group and version are registered with its address. */
export function servePrices(registry: Registry, version: string, group: string): Promise<Server> {
  return serve({ services: [bind(serviceOf(Prices), new Prices(version))], registry, version, group });
}
