import { failModes } from "../contract/fail-mode.js";
import type { RetryBudgetOptions } from "../interceptors/retry-budget.js";
import type { RetryOptions } from "../interceptors/retry-policy.js";
import { checkOptions, type OptionKinds } from "../service/check-options.js";

const retryKinds = { attempts: "count", budget: "object", failMode: failModes } as const satisfies Record<
  keyof RetryOptions,
  OptionKinds[string]
>;
const budgetKinds = { ratio: "number", perSecond: "number" } as const satisfies Record<
  keyof RetryBudgetOptions,
  OptionKinds[string]
>;

/** Throws `invalid_argument` / `BAD_OPTION` where the option `retry` is none; `where` names who takes it. */
export function checkRetry(where: string, retry: RetryOptions | false | undefined): void {
  if (retry === undefined || retry === false) return;
  checkOptions(`${where}: retry`, retry, retryKinds);
  if (retry.budget !== undefined) checkOptions(`${where}: retry.budget`, retry.budget, budgetKinds);
}
