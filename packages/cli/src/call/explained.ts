import type { ExplainedAttempt, Explanation } from "@rpc/core";
import { printable } from "../printable.js";

/** Returns, for people to read, who was chosen for a call, and each attempt. */
export function explained({ path, outcome, tookMs, failMode, attempts, budgetLeft }: Explanation): string {
  const budget = budgetLeft === undefined ? "" : `, ${Math.floor(budgetLeft)} retries left in the budget`;
  return `${path}: ${printable(outcome)} in ${ms(tookMs)}, ${failMode}${budget}\n${attempts.map(attemptOf).join("")}`;
}

function attemptOf({ number, endpoint, outcome, afterMs, tookMs, candidates }: ExplainedAttempt): string {
  const went = endpoint === undefined ? "met no instance" : `went to ${endpoint}`;
  const others = candidates.map(
    ({ id, address, state, pending, latencyMs }) =>
      `     ${printable(id)} at ${printable(address)}: ${state}, ${pending} pending, usually ${ms(latencyMs)}\n`,
  );
  return `  ${number}. ${went}: ${outcome}, begun after ${ms(afterMs)}, took ${ms(tookMs)}\n${others.join("")}`;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
