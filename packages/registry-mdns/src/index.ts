export type { MdnsRegistryOptions } from "./mdns-options.js";
export { mdnsRegistry } from "./mdns-registry.js";
