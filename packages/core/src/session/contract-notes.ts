import type { Call } from "../contract/call.js";
import type { CodeName } from "../contract/code.js";
import { RpcError } from "../contract/errors.js";
import type { Connection } from "./connection.js";

/** What comes of data that the other end does not understand; time that is up, or an instance that is away, does not. */
const likely: readonly CodeName[] = ["invalid_argument", "internal", "unknown", "unimplemented"];

/**
 * Returns the error of a failed call, with what is known of its method's contract in the message: where the peer's breaks
 * ours, that is the likely cause. Errors of the user's own classes stay as they are.
 */
export function withContractNote({ contractNotes }: Connection, call: Call, error: RpcError): RpcError {
  const note = contractNotes?.get(call.method.path);
  if (note !== undefined && likely.includes(error.code) && error.constructor === RpcError)
    error.message += ` (${note})`;
  return error;
}
