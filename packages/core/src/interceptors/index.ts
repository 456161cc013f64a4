export { retry } from "./retry.js";
export type { RetryBudgetOptions } from "./retry-budget.js";
export type { RetryOptions } from "./retry-policy.js";
