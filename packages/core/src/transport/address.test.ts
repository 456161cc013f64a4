import assert from "node:assert/strict";
import test from "node:test";
import { hostPort, isLoopback, isWildcard, portAddress, schemeOf } from "./address.js";

for (const [address, host, port] of [
  ["tcp://127.0.0.1:7000", "127.0.0.1", 7_000],
  ["tcp://[::1]:0", "::1", 0],
  ["tcp://prices.internal:65535", "prices.internal", 65_535],
  ["tcp://[fe80::1]:1", "fe80::1", 1],
] as const) {
  test(`${address} is read as it is written, and written as it is read`, () => {
    assert.deepEqual(hostPort(address), { host, port });
    assert.equal(portAddress("tcp", host, port), address);
    assert.equal(schemeOf(address), "tcp");
  });
}

for (const address of [
  "tcp://127.0.0.1",
  "tcp://127.0.0.1:",
  "tcp://127.0.0.1:65536",
  "tcp://127.0.0.1:-1",
  "tcp://127.0.0.1:7000/",
  "tcp://127.0.0.1:7000 ",
  "tcp://:7000",
  "tcp://::1:7000",
  "tcp://a b:7000",
  "tcp://127.0.0.1:70000000",
  "127.0.0.1:7000",
  "",
]) {
  test(`"${address}" is refused as no address, with an example of one`, () => {
    assert.throws(() => hostPort(address), {
      code: "invalid_argument",
      reason: "BAD_ADDRESS",
      message: /127\.0\.0\.1:7000/,
    });
  });
}

test("an address without a scheme is refused, and a long one is not repeated whole", () => {
  for (const address of ["localhost:7000", "", "://x", "TCP://x:1", "9p://x"]) {
    assert.throws(() => schemeOf(address), { reason: "BAD_ADDRESS" });
  }
  assert.throws(
    () => schemeOf("x".repeat(10_000)),
    (error: Error) => error.message.length < 400,
  );
});

test("hosts that stand for every interface, and hosts that nobody else reaches, are told from others", () => {
  for (const host of ["0.0.0.0", "::", "[::]", "0:0:0:0:0:0:0:0"]) {
    assert.ok(isWildcard(host), host);
    assert.ok(!isLoopback(host), host);
  }
  for (const host of ["127.0.0.1", "127.9.9.9", "::1", "localhost", "::ffff:127.0.0.1"]) {
    assert.ok(isLoopback(host), host);
    assert.ok(!isWildcard(host), host);
  }
  for (const host of [
    "10.0.0.1",
    "192.168.1.1",
    "example.org",
    "128.0.0.1",
    "localhost.example.org",
    "127.example.org",
  ]) {
    assert.ok(!isWildcard(host) && !isLoopback(host), host);
  }
});
