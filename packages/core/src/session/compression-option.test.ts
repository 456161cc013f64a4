import assert from "node:assert/strict";
import test from "node:test";
import { RpcError } from "../contract/errors.js";
import { compressionOf } from "./compression-option.js";

const lz4 = {
  name: "lz4" as const,
  bit: 2,
  mostPerByte: 255,
  compress: () => assert.fail(),
  inflate: () => assert.fail(),
};
const notThere = (): never => {
  throw new Error("Cannot find module 'lz4-napi'");
};
const names = (...given: Parameters<typeof compressionOf>): string[] => compressionOf(...given).map(({ name }) => name);

test("nothing is compressed unless asked for, and then in the order of preference", () => {
  assert.deepEqual(names("serve"), []);
  assert.deepEqual(names("serve", false), []);
  assert.deepEqual(names("serve", []), []);
  assert.deepEqual(names("serve", "deflate", notThere), ["deflate"]);
  assert.deepEqual(
    names("serve", "lz4", () => lz4),
    ["lz4"],
  );
  assert.deepEqual(
    names("serve", ["lz4", "deflate"], () => lz4),
    ["lz4", "deflate"],
  );
  assert.deepEqual(
    names("serve", ["deflate", "lz4", "deflate"], () => lz4),
    ["deflate", "lz4"],
  );
});

test("lz4 whose package is not there is left out where deflate was named beside it, and refused with what to do where it was not", () => {
  assert.deepEqual(names("connect", ["lz4", "deflate"], notThere), ["deflate"]);
  for (const choice of ["lz4", ["lz4"]] as const) {
    assert.throws(
      () => compressionOf("connect", choice, notThere),
      (thrown) => {
        assert.ok(thrown instanceof RpcError);
        assert.deepEqual([thrown.code, thrown.reason, thrown.processed], ["invalid_argument", "BAD_OPTION", "no"]);
        assert.match(
          thrown.message,
          /connect: compression "lz4" wants the package lz4-napi.*install lz4-napi 2\.10\.0/,
        );
        assert.match(String(thrown.cause), /Cannot find module/);
        return true;
      },
    );
  }
});

test("a way to compress that there is not is refused by name of the option", () => {
  for (const choice of ["zstd", ["deflate", "zstd"], true, null, 7, {}]) {
    assert.throws(() => compressionOf("serve", choice as never), {
      reason: "BAD_OPTION",
      message: /serve: compression must be "deflate", "lz4", an array of them in order of preference, or false/,
    });
  }
});
