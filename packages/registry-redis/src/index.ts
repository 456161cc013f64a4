export type { RedisOptions, RedisRegistryOptions } from "./redis-options.js";
export { type RedisRateLimitOptions, redisRateLimit, type SharedRateLimit } from "./redis-rate-limit.js";
export { redisRegistry } from "./redis-registry.js";
