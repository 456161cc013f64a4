import assert from "node:assert/strict";
import { RpcError } from "@rpc/core";

/** Resolves to the error of a call that has to fail. */
export async function failed(call: Promise<unknown>): Promise<RpcError> {
  const error = await call.then(
    () => assert.fail("it succeeded"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof RpcError);
  return error;
}
