import type { CodeName } from "../contract/code.js";
import { RpcError } from "../contract/errors.js";

/** How finely a wait is told: each step is a sixteenth longer than the one before. */
const step = 17 / 16;

/**
 * Returns rejections that ask for a wait. Made once for each wait, which is rounded up to one of a few: who is rejected must
 * cost little, and a new error costs a stack trace.
 */
export function waitingRefusals(message: string, reason: string): (waitMs: number) => RpcError {
  const made = new Map<number, RpcError>();
  return (waitMs) => {
    const rounded = Math.ceil(step ** Math.ceil(Math.log(Math.max(1, waitMs)) / Math.log(step)));
    let error = made.get(rounded);
    if (error === undefined) {
      error = refusal("resource_exhausted", message, reason, Math.min(rounded, 3_600_000));
      made.set(rounded, error);
    }
    return error;
  };
}

export function refusal(code: CodeName, message: string, reason: string, retryAfterMs?: number): RpcError {
  return new RpcError(code, message, { reason, processed: "no", retryAfterMs });
}
