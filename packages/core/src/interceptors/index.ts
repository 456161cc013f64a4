export { type RetryOptions, retry } from "./retry.js";
export type { RetryBudgetOptions } from "./retry-budget.js";
