import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "@rpc/core";
import { failure } from "./failures.js";

const system = (code: string) => Object.assign(new Error(`${code}: it did not work, open '/x/y'`), { code });

describe("an error of the file system", () => {
  test("becomes one that says what was done where, why it failed and what helps", () => {
    const expected = [
      ["ENOSPC", "resource_exhausted", "make room"],
      ["EDQUOT", "resource_exhausted", "make room"],
      ["EMFILE", "resource_exhausted", "ulimit -n"],
      ["EACCES", "permission_denied", "let this user read and write it"],
      ["EROFS", "permission_denied", "fileRegistry({ directory })"],
      ["ENOTDIR", "failed_precondition", "fileRegistry({ directory })"],
      ["EIO", "unavailable", "look at that disk"],
    ] as const;
    for (const [system_, code, advice] of expected) {
      const cause = system(system_);
      const error = failure("register", "/x", cause);
      assert.equal(error.code, code, system_);
      assert.equal(error.processed, "no");
      assert.equal(error.cause, cause);
      for (const part of ["cannot register", "/x", system_, advice])
        assert.ok(error.message.includes(part), error.message);
    }
  });

  test("that was explained already is not explained again", () => {
    const explained = new RpcError("not_found", "no such instance");
    assert.equal(failure("register", "/x", explained), explained);
  });

  test("that is no error at all is shown as it is", () => {
    assert.match(failure("register", "/x", "odd").message, /odd/);
  });
});
