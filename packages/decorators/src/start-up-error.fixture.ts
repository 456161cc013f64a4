import assert from "node:assert/strict";
import { RpcError } from "@rpc/core";

/** Returns a check that an error is one of start-up: with this reason, and a message in which all of these stand. */
export function refusal(reason: string, ...texts: readonly (string | RegExp)[]) {
  return (error: unknown): true => {
    assert.ok(error instanceof RpcError, `an RpcError is wanted, not ${String(error)}`);
    assert.equal(error.code, "invalid_argument");
    assert.equal(error.reason, reason, error.message);
    for (const text of texts) {
      if (typeof text === "string") assert.ok(error.message.includes(text), `"${text}" is not in: ${error.message}`);
      else assert.match(error.message, text);
    }
    return true;
  };
}
