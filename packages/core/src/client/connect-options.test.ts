import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "../contract/errors.js";
import type { ConnectOptions } from "./connect-options.js";
import { connect } from "./connector.js";
import { listedRegistry } from "./listed-registry.fixture.js";

const registry = listedRegistry();
const balancer = () => () => () => assert.fail();
const address = "memory://a";

describe("options of connect that cannot be", () => {
  const rows: readonly [title: string, options: object, message: RegExp][] = [
    ["nowhere to connect to", {}, /say where the services are: an address, or a registry and a balancer/],
    ["two ways at once", { address, registry, balancer }, /either an address or a registry, not both/],
    ["a registry without a balancer", { registry }, /a registry wants a balancer/],
    ["a misspelt option", { address, timeoutMS: 5 }, /connect has no option "timeoutMS"; did you mean "timeoutMs"\?/],
    [
      "a misspelt limit",
      { address, limits: { depht: 5 } },
      /connect: limits has no option "depht"; did you mean "depth"/,
    ],
    ["a misspelt retry option", { address, retry: { attemps: 5 } }, /connect: retry has no option "attemps"/],
    ["a misspelt backoff option", { address, backoff: { firstMS: 5 } }, /connect: backoff has no option "firstMS"/],
    ["an address that is none", { address: 7_000 }, /address must be a string, not 7000/],
    ["a negative timeout", { address, timeoutMs: -1 }, /timeoutMs must be a number of 0 or more/],
    ["a timeout that is none", { address, timeoutMs: Number.NaN }, /timeoutMs must be .* not NaN/],
    ["no time to connect", { address, connectMs: 0 }, /connectMs must be a whole number above 0/],
    [
      "an unknown way when full",
      { address, whenFull: "drop" },
      /whenFull must be "evict" or "refuse" or "wait", not "drop"/,
    ],
    ["credentials that are empty", { address, credentials: "" }, /credentials is empty/],
    ["an onConnect that is none", { address, onConnect: true }, /onConnect must be a function, not true/],
    ["insecure that is none", { address, insecure: "yes" }, /insecure must be true or false/],
    ["one interceptor instead of a list", { address, interceptors: () => {} }, /interceptors must be an array/],
  ];
  for (const [title, options, message] of rows) {
    test(`${title}: said at once, with what to do`, () => {
      assert.throws(
        () => connect(options as ConnectOptions),
        (thrown) => {
          assert.ok(thrown instanceof RpcError);
          assert.deepEqual([thrown.code, thrown.reason], ["invalid_argument", "BAD_OPTION"]);
          assert.match(thrown.message, message);
          return true;
        },
      );
    });
  }

  test("an address without a scheme", () => {
    for (const nonsense of ["", "127.0.0.1:7000", "memory:a"])
      assert.throws(() => connect({ address: nonsense }), { code: "invalid_argument", reason: "BAD_ADDRESS" });
  });

  test("no options at all", () => {
    for (const none of [undefined, null, "tcp://127.0.0.1:1"])
      assert.throws(() => connect(none as unknown as ConnectOptions), /connect wants an object of options/);
  });
});
