import { RpcError } from "@rpc/core";

/** Returns what start-up fails with: `invalid_argument`, a reason, and a message that names the class, the cause and the fix. */
export function startUpError(reason: string, message: string, cause?: unknown): RpcError {
  return new RpcError("invalid_argument", message, { reason, processed: "no", cause });
}
