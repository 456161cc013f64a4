import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "@rpc/core";
import { placeOf, type RedisRegistryOptions } from "./redis-options.js";
import { redisRegistry } from "./redis-registry.js";

describe("the options of redisRegistry", () => {
  test("user and password stand in the URL or beside it, and what is beside it counts", () => {
    const url = "redis://app:p%40ss@[::1]:7000";
    assert.deepEqual(placeOf("redisRegistry", { url }), {
      host: "::1",
      port: 7000,
      secure: false,
      username: "app",
      password: "p@ss",
    });
    assert.deepEqual(placeOf("redisRegistry", { url, username: "b", password: "c" }).password, "c");
    assert.deepEqual(placeOf("redisRegistry", {}).port, 6379);
    assert.equal(placeOf("redisRegistry", { url: "redis://10.0.0.1", password: "a", insecure: true }).password, "a");
    assert.ok(placeOf("redisRegistry", { url: "rediss://a" }).secure && placeOf("redisRegistry", { tls: {} }).secure);
  });

  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ urls: "redis://a" }, /no option "urls".*url/],
    [{ url: "http://a" }, /redis:\/\/host:port/],
    [{ url: "redis://a:b@c/3" }, /the database is an option of its own/],
    [{ url: "nowhere" }, /redis:\/\/host:port/],
    [{ prefix: "a b" }, /prefix/],
    [{ cluster: "" }, /cluster/],
    [{ cluster: "{a}" }, /cluster/],
    [{ ttlMs: 10 }, /ttlMs must be a number from 300/],
    [{ timeoutMs: 0 }, /timeoutMs/],
    [{ url: "redis://:pw@10.0.0.1" }, /unencrypted.*insecure: true/],
    [{ database: -1 }, /database/],
    [{ logger: {} }, /logger/],
  ];
  for (const [options, says] of wrong) {
    test(`${JSON.stringify(options)} is refused at once, in words that name it`, () => {
      const named = (error: unknown) =>
        error instanceof RpcError &&
        error.reason === "BAD_OPTION" &&
        says.test(error.message) &&
        !/pw/.test(error.message);
      assert.throws(() => redisRegistry(options as RedisRegistryOptions), named);
    });
  }

  test("a registry that nobody uses opens nothing and can be closed", async () => {
    await redisRegistry({ url: "redis://127.0.0.1:1" }).close();
  });
});
