export type { ConsulRegistryOptions } from "./consul-options.js";
export { consulRegistry } from "./consul-registry.js";
