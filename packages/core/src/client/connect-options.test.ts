import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "../contract/errors.js";
import type { ConnectOptions } from "./connect-options.js";
import { connect } from "./connector.js";
import { listedRegistry } from "./listed-registry.fixture.js";

const registry = listedRegistry();
const balancer = () => () => () => assert.fail();
const address = "tcp://127.0.0.1:1";

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
    [
      "a misspelt part of the budget",
      { address, retry: { budget: { ration: 1 } } },
      /retry\.budget has no option "ration"/,
    ],
    ["retries that are none", { address, retry: null }, /connect: retry wants an object of options, not null/],
    ["a number in place of throttle's options", { address, throttle: 2 }, /connect: throttle wants an object .* not 2/],
    ["throttling of servers that take all", { address, throttle: { k: 0.5 } }, /throttle: k must be a number from 1/],
    ["waits that shrink", { address, backoff: { factor: 0.5 } }, /backoff: factor must be a number from 1/],
    ["attempts without a wait", { address, backoff: { firstMs: 0 } }, /backoff: firstMs must be a number from 1/],
    [
      "waits that could be negative",
      { address, backoff: { jitter: 2 } },
      /backoff: jitter must be a number from 0 to 1/,
    ],
    ["more connections than anybody means", { address, connections: 1e9 }, /connections must be at most 1024/],
    ["connections without end", { address, connections: Number.POSITIVE_INFINITY }, /connections must be/],
    ["an interceptor that is none", { address, interceptors: [5] }, /interceptors must be an array of functions/],
    ["a transport that is none", { address, transports: { tls: {} } }, /transports\.tls must be .* not an object/],
    ["no codec at all", { address, codecs: [] }, /codecs is empty/],
    ["a codec that is none", { address, codecs: [{}] }, /codecs must be objects with an id/],
    ["a logger that is none", { address, logger: {} }, /logger must be an object with the functions debug, info/],
    ["a clock that is none", { address, clock: {} }, /clock must be an object with the functions now/],
    [
      "a scheme that nothing serves",
      { address: "http://a:1" },
      /no transport for http:\/\/a:1: known are tcp, tls, unix/,
    ],
    ["an ejection that is none", { address, ejection: { inARow: 3 } }, /ejection has no option "inARow"/],
    [
      "an ejection for more than all calls",
      { address, ejection: { ratio: 2 } },
      /ejection: ratio must be a number from 0/,
    ],
    ["a subset of nobody", { address, subset: 0 }, /subset must be a whole number above 0/],
    ["half a number", { address, subsetIndex: 0.5 }, /subsetIndex must be a whole number/],
    ["a warm-up that ended before", { address, warmUpMs: -1 }, /warmUpMs must be a number of 0 or more/],
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
    for (const nonsense of ["", "127.0.0.1:7000", "memory:a", "tls://127.0.0.1"])
      assert.throws(() => connect({ address: nonsense }), { code: "invalid_argument", reason: "BAD_ADDRESS" });
  });

  test("no options at all", () => {
    for (const none of [undefined, null, "tcp://127.0.0.1:1"])
      assert.throws(() => connect(none as unknown as ConnectOptions), /connect wants an object of options/);
  });
});
