import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "@rpc/core";
import { type ZookeeperRegistryOptions, zookeeperRegistry } from "./zookeeper-registry.js";

const credentials = { username: "rpc", password: "a secret" };

function refusal(options: object): RpcError {
  try {
    void zookeeperRegistry(options as ZookeeperRegistryOptions).close();
  } catch (error) {
    assert.ok(error instanceof RpcError && error.code === "invalid_argument" && error.reason === "BAD_OPTION");
    assert.doesNotMatch(error.message, /a secret/);
    return error;
  }
  assert.fail(`${JSON.stringify(options)} was taken`);
}

describe("options of zookeeperRegistry", () => {
  test("that cannot be are refused when the registry is made, and named", () => {
    const wrong: readonly [object, RegExp][] = [
      [{ servers: "a:1" }, /hosts/],
      [{ hosts: [] }, /hosts/],
      [{ hosts: "http://a:1" }, /host:port/],
      [{ hosts: "a" }, /host:port/],
      [{ hosts: "a:1,b:1" }, /host:port/],
      [{ ttlMs: 500 }, /ttlMs/],
      [{ timeoutMs: 0 }, /timeoutMs/],
      [{ cluster: 7 }, /cluster/],
      [{ credentials: { username: "a:b", password: "a secret" } }, /credentials/],
    ];
    for (const [options, named] of wrong) assert.match(refusal(options).message, named);
  });

  test("do not let credentials leave the machine unencrypted, unless that is meant", async () => {
    assert.match(refusal({ hosts: "10.0.0.1:2181", credentials }).message, /unencrypted.*10\.0\.0\.1/);
    for (const hosts of ["127.0.0.1:2181", "localhost:2181"]) await zookeeperRegistry({ hosts, credentials }).close();
    await zookeeperRegistry({ hosts: "10.0.0.1:2181", credentials, tls: {} }).close();
    await zookeeperRegistry({ hosts: "10.0.0.1:2181", credentials, insecure: true }).close();
  });
});
