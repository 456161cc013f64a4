import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "@rpc/core";
import { type EtcdRegistryOptions, etcdRegistry } from "./etcd-registry.js";

const credentials = { username: "rpc", password: "a secret" };
const pem = "-----BEGIN CERTIFICATE-----";

function refusal(options: object): RpcError {
  try {
    void etcdRegistry(options as EtcdRegistryOptions).close();
  } catch (error) {
    assert.ok(error instanceof RpcError && error.code === "invalid_argument" && error.reason === "BAD_OPTION");
    assert.doesNotMatch(error.message, /a secret/);
    return error;
  }
  assert.fail(`${JSON.stringify(options)} was taken`);
}

describe("options of etcdRegistry", () => {
  test("that cannot be are refused when the registry is made, and named", () => {
    const wrong: readonly [object, RegExp][] = [
      [{ host: "http://a:1" }, /hosts/],
      [{ hosts: [] }, /hosts/],
      [{ hosts: "127.0.0.1:2379" }, /http:\/\/127/],
      [{ hosts: "http://a" }, /port/],
      [{ hosts: ["http://a:1", "https://b:1"] }, /all with/],
      [{ hosts: "http://user@a:1" }, /hosts/],
      [{ ttlMs: 500 }, /ttlMs/],
      [{ timeoutMs: 0 }, /timeoutMs/],
      [{ prefix: 7 }, /prefix/],
      [{ credentials: { username: "rpc" } }, /credentials/],
      [{ tls: { ca: pem } }, /https/],
      [{ hosts: "https://a:1", tls: {} }, /ca/],
      [{ hosts: "https://a:1", tls: { ca: pem, cert: pem } }, /key/],
      [{ hosts: "https://a:1", tls: { ca: "a secret path" } }, /\{ file: path \}/],
      [{ hosts: "https://a:1", tls: { ca: { file: "/nowhere/ca.pem" } } }, /ENOENT/],
      [{ hosts: "https://a:1", tls: { ca: pem, authority: pem } }, /authority/],
    ];
    for (const [options, named] of wrong) assert.match(refusal(options).message, named);
  });

  test("do not let credentials leave the machine unencrypted, unless that is meant", async () => {
    assert.match(refusal({ hosts: "http://10.0.0.1:2379", credentials }).message, /unencrypted.*10\.0\.0\.1/);
    for (const hosts of [
      "http://127.0.0.1:2379",
      "http://localhost:2379",
      "http://[::1]:2379",
      "https://10.0.0.1:2379",
    ])
      await etcdRegistry({ hosts, credentials }).close();
    await etcdRegistry({ hosts: "http://10.0.0.1:2379", credentials, insecure: true }).close();
  });
});
