export { callerOf } from "../transport/caller-of.js";
export { allow, deny, type Who } from "./allow.js";
export { keyBy, type LimitedBy } from "./callers.js";
export { type ConcurrencyLimit, type ConcurrencyLimitOptions, concurrencyLimit } from "./concurrency-limit.js";
export { checkedRate, type RateLimitOptions, rateKinds, rateLimit, rateMessage } from "./rate-limit.js";
export { waitingRefusals } from "./refusals.js";
export { createTokenBuckets, type TokenBuckets } from "./token-buckets.js";
