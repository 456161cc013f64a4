import type { CodeName } from "../contract/code.js";
import { RpcError } from "../contract/errors.js";

/** Returns the error for a peer that broke the protocol; it ends the connection and goes into its close frame. */
export function protocolError(reason: string, message: string, code: CodeName = "internal"): RpcError {
  return new RpcError(code, message, { reason, processed: "maybe" });
}
