import type { CodeName } from "../contract/code.js";
import { RpcError } from "../contract/errors.js";

/** What is wrong with something that failed, as far as it is counted. */
export interface Failure {
  readonly code: CodeName;
  readonly reason: string;
}

const foreign: Failure = { code: "unknown", reason: "UNKNOWN" };

/** What was thrown, as it is counted: what is no `RpcError` is unknown. */
export function asFailure(thrown: unknown): Failure {
  return thrown instanceof RpcError ? thrown : foreign;
}
