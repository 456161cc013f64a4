import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "../contract/errors.js";
import { allow, deny, type Who } from "./allow.js";
import { headFrom, peerAt } from "./head.fixture.js";

const passes = (who: Who, address: string, name?: string): boolean =>
  allow(who)(headFrom(peerAt(address, name))) === undefined;

describe("allow and deny", () => {
  const network: Who = { addresses: ["10.1.0.0/16", "192.168.7.1", "fd00::/8", "unix"] };
  for (const [address, expected] of [
    ["tcp://10.1.255.255:80", true],
    ["tcp://10.2.0.0:80", false],
    ["tls://192.168.7.1:1", true],
    ["tls://192.168.7.2:1", false],
    ["tcp://[::ffff:10.1.0.1]:80", true],
    ["tcp://[::ffff:10.2.0.1]:80", false],
    ["tcp://[fd00::1]:80", true],
    ["tcp://[fdff::1%eth0]:80", true],
    ["tcp://[fe80::1]:80", false],
    ["unix:///run/a.sock", true],
    ["memory://a", false],
    ["tcp://10.1.0.1.example:80", false],
    ["", false],
  ] as const) {
    test(`${address || "no address"} is ${expected ? "" : "not "}among the addresses, and each list says so`, () => {
      assert.equal(passes(network, address), expected);
      assert.equal(deny(network)(headFrom(peerAt(address))) !== undefined, expected);
    });
  }

  test("who is rejected is told why, that it never ran, and nothing of who else is on the list", () => {
    const rejections = [
      allow({ identities: ["billing"] })(headFrom(peerAt("tcp://1.2.3.4:1", "shop"))),
      deny({ identities: ["shop"] })(headFrom(peerAt("tcp://1.2.3.4:1", "shop"))),
    ];
    assert.deepEqual(
      rejections.map((error) => [error?.code, error?.reason, error?.processed]),
      [
        ["permission_denied", "NOT_ALLOWED", "no"],
        ["permission_denied", "DENIED", "no"],
      ],
    );
    assert.doesNotMatch(String(rejections[0]?.message), /billing/);
  });

  test("an identity is its exact name, and nobody without one has it", () => {
    const who: Who = { identities: ["billing"] };
    assert.equal(passes(who, "tcp://1.2.3.4:1", "billing"), true);
    for (const name of ["Billing", "billing2", "", undefined])
      assert.equal(passes(who, "tcp://1.2.3.4:1", name), false);
  });

  test("one of both is enough in a list; two lists ask for both", () => {
    const who: Who = { addresses: ["10.0.0.0/8"], identities: ["billing"] };
    assert.deepEqual([passes(who, "tcp://10.0.0.1:1"), passes(who, "tcp://1.2.3.4:1", "billing")], [true, true]);
    assert.equal(passes(who, "tcp://1.2.3.4:1", "shop"), false);
  });

  test("a list may concern some services and methods only", () => {
    const peer = peerAt("tcp://1.2.3.4:1");
    const who: Who = { addresses: ["10.0.0.0/8"], methods: ["Stock", "/Prices/list"] };
    const heads = ["Prices/quote", "Prices/list", "Stock/count"].map((path) => headFrom(peer, path));
    assert.deepEqual(
      heads.map((head) => allow(who)(head) === undefined),
      [true, false, false],
    );
    assert.deepEqual(
      heads.map((head) => deny({ ...who, addresses: ["1.2.3.4"] })(head) === undefined),
      [true, false, false],
    );
  });

  for (const who of [
    {},
    { addresses: [], identities: [] },
    { addresses: ["10.0.0.0/33"] },
    { addresses: ["10.0.0"] },
    { addresses: ["fd00::/129"] },
    { addresses: ["10.0.0.0/"] },
    { addresses: ["example.org"] },
    { addresses: "10.0.0.1" },
    { identities: [""] },
    { identity: ["a"] },
  ]) {
    test(`${JSON.stringify(who)} is refused at once: a list that means something else lets somebody in`, () => {
      for (const make of [allow, deny])
        assert.throws(
          () => make(who as Who),
          (error) => error instanceof RpcError && error.reason === "BAD_OPTION",
        );
    });
  }
});
