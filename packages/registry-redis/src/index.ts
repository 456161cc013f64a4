export type { RedisRegistryOptions } from "./redis-options.js";
export { redisRegistry } from "./redis-registry.js";
