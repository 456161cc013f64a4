import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "../contract/errors.js";
import { bind } from "./bind.js";
import { checkOptions } from "./check-options.js";
import { defineService } from "./define-service.js";
import { checkLimits } from "./limits-option.js";
import { checkMethodName, checkServiceName, didYouMean, wellFormed } from "./names.js";

/** Returns what `run` throws, which is an error of invalid options that names the subject. */
function refused(run: () => unknown): RpcError {
  try {
    run();
  } catch (thrown) {
    assert.ok(thrown instanceof RpcError, String(thrown));
    assert.deepEqual([thrown.code, thrown.processed], ["invalid_argument", "no"]);
    return thrown;
  }
  return assert.fail("it was taken");
}

describe("names", () => {
  const good = ["a", "shop.Prices", "Prices/v2", "under_score", "$dollar", "a-b", "x".repeat(128), "0"];
  const bad = ["", " ", "a b", "a\n", "\n", "ä", "pricеs", "x".repeat(129), "a\u0000b", "a:b", "*", "☃", "a?"];

  for (const name of good) {
    test(`${JSON.stringify(name.slice(0, 20))} can be called`, () => {
      checkServiceName(name);
      checkMethodName("Service", name);
      assert.ok(wellFormed(name));
    });
  }
  for (const name of bad) {
    test(`${JSON.stringify(name.slice(0, 20))} is refused at start, with the rule, and not when it is called`, () => {
      for (const error of [refused(() => checkServiceName(name)), refused(() => checkMethodName("Shop", name))]) {
        assert.equal(error.reason, "BAD_NAME");
        assert.match(error.message, /1 to 128 of A-Z/);
        assert.ok(!error.message.includes("\n") && !error.message.includes("\u0000"), error.message);
      }
      assert.equal(wellFormed(name), false);
    });
  }
  for (const name of [undefined, null, 1, {}, [], ["a"]]) {
    test(`${JSON.stringify(name)} from a peer is no name`, () => assert.equal(wellFormed(name), false));
  }

  const reserved = [...Object.getOwnPropertyNames(Object.prototype), "then", "catch", "finally", "toJSON", "prototype"];
  for (const name of reserved) {
    test(`no method can be called ${name}: a client would not be what it seems`, () => {
      const error = refused(() => defineService<Record<string, () => unknown>>("Shop", { [name]: {}, ...own(name) }));
      assert.equal(error.reason, "BAD_NAME");
      assert.ok(error.message.startsWith("Shop: ") && error.message.includes(`"${name}"`), error.message);
    });
  }
});

/** `__proto__` in an object literal is no key of it. */
function own(name: string): Record<string, object> {
  return Object.defineProperty({}, name, { value: {}, enumerable: true });
}

describe("did you mean", () => {
  const names = ["getPrice", "setPrice", "list", "a"];
  const rows: readonly [string, string][] = [
    ["getPrise", '; did you mean "getPrice"?'],
    ["GETPRICE", '; did you mean "getPrice"?'],
    ["lsit", '; did you mean "list"?'],
    ["somethingElse", ""],
  ];
  for (const [name, hint] of rows)
    test(`${JSON.stringify(name)}: ${hint || "nothing"}`, () => assert.equal(didYouMean(name, names), hint));
  test("nothing is suggested where there is nothing", () => assert.equal(didYouMean("getPrice", []), ""));
});

describe("defineService", () => {
  test("a descriptor holds its methods in order with all their options, and cannot be changed", () => {
    const service = defineService<{ get(): number; put(): void }>("Shop", {
      get: { idempotent: true, timeoutMs: 5, handlersRunning: 7 },
      put: {},
    });
    assert.deepEqual(
      service.methods.map((method) => ({ ...method })),
      [
        {
          service: "Shop",
          name: "get",
          path: "/Shop/get",
          index: 0,
          kind: "unary",
          idempotent: true,
          timeoutMs: 5,
          handlersRunning: 7,
        },
        {
          service: "Shop",
          name: "put",
          path: "/Shop/put",
          index: 1,
          kind: "unary",
          idempotent: false,
          timeoutMs: 0,
          handlersRunning: 0,
        },
      ],
    );
    assert.ok(Object.isFrozen(service) && Object.isFrozen(service.methods) && service.methods.every(Object.isFrozen));
  });

  const wrong: readonly [string, object][] = [
    ["timeoutMs", { timeoutMs: 0 }],
    ["timeoutMs", { timeoutMs: -1 }],
    ["timeoutMs", { timeoutMs: Number.NaN }],
    ["timeoutMs", { timeoutMs: "5" }],
    ["idempotent", { idempotent: 1 }],
    ["handlersRunning", { handlersRunning: 0 }],
    ["key", { key: "id" }],
    ["handlersRunning", { handlersRunning: 1.5 }],
    ["stream", { stream: "both" }],
    ["stream", { stream: true }],
    ["streamAs", { stream: "client", streamAs: "stream" }],
    ["streamAs", { stream: "client", streamAs: ["web", 5] }],
    ["streamAs", { stream: "server", streamAs: "readable" }],
    ["streamAs", { streamAs: "readable" }],
    ["schemaHash", { schemaHash: "0".repeat(16) }],
    ["schemaHash", { schemaHash: "ABCDEF0123456789" }],
    ["schemaHash", { schemaHash: 1234567890123456 }],
  ];
  for (const [option, options] of wrong) {
    test(`${JSON.stringify(options)} is refused by name`, () => {
      const error = refused(() => defineService<{ get(): void }>("Shop", { get: options }));
      assert.equal(error.reason, "BAD_OPTION");
      assert.match(error.message, new RegExp(`^Shop\\.get: ${option} must be `));
    });
  }

  test("a generated descriptor's hash is the method's, so that the two ends can compare", () => {
    const { methods } = defineService<{ get(): void }>("Shop", { get: { schemaHash: "0123456789abcdef" } });
    assert.equal(methods[0]?.schemaHash, "0123456789abcdef");
  });

  test("a method that streams may be given days", () => {
    const days = { stream: "server", timeoutMs: 3 * 24 * 3_600_000 } as const;
    const { methods } = defineService<{ get(): AsyncIterable<1> }>("Shop", { get: days });
    assert.deepEqual([methods[0]?.timeoutMs, methods[0]?.kind], [3 * 24 * 3_600_000, "server"]);
  });

  test("a timeout above an hour counts as an hour", () => {
    for (const timeoutMs of [3_600_001, 2 ** 31, 1e20, Number.POSITIVE_INFINITY]) {
      const { methods } = defineService<{ get(): void }>("Shop", { get: { timeoutMs } });
      assert.equal(methods[0]?.timeoutMs, 3_600_000);
    }
  });
});

describe("bind", () => {
  const Shop = defineService<{ get(): unknown; put(value: number): unknown }>("Shop", { get: {}, put: {} });

  test("methods of an instance keep their object, those of a class its state", async () => {
    class Store {
      #value = 1;
      get(): unknown {
        return this.#value;
      }
      put(value: number): unknown {
        this.#value = value;
        return undefined;
      }
    }
    const { handlers } = bind(Shop, new Store());
    await handlers[1]?.(...([7] as never[]));
    assert.equal(await handlers[0]?.(), 7);
    assert.ok(Object.isFrozen(handlers));
  });

  for (const put of [undefined, 1, {}]) {
    test(`a method whose function is ${JSON.stringify(put)} is missed at start`, () => {
      const error = refused(() => bind(Shop, { get: () => 1, put } as never));
      assert.deepEqual([error.reason, error.message], ["NO_HANDLER", 'bind(Shop): no function for its method "put"']);
    });
  }
});

describe("options", () => {
  const kinds = {
    span: "number",
    count: "count",
    name: "string",
    on: "boolean",
    run: "function",
    thing: "object",
    things: "list",
    choice: ["red", "green"],
    whatever: "any",
  } as const;
  const good: readonly object[] = [
    {},
    { span: 0, count: 1, name: "", on: false, run: () => {}, thing: {}, things: [], choice: "red", whatever: null },
    { span: Number.POSITIVE_INFINITY, count: Number.POSITIVE_INFINITY },
    { span: undefined, choice: undefined },
  ];
  for (const [index, options] of good.entries())
    test(`good ones are taken (${index})`, () => checkOptions("here", options, kinds));

  const bad: readonly [object, RegExp][] = [
    [{ span: -1 }, /^here: span must be a number of 0 or more, not -1$/],
    [{ span: Number.NaN }, /span must be .* not NaN/],
    [{ span: "1" }, /span must be .* not "1"/],
    [{ count: 0 }, /count must be a whole number above 0, not 0/],
    [{ count: 1.5 }, /count must be .* not 1.5/],
    [{ name: 1 }, /name must be a string, not 1/],
    [{ on: "yes" }, /on must be true or false, not "yes"/],
    [{ run: {} }, /run must be a function, not an object/],
    [{ thing: [] }, /thing must be an object, not an array/],
    [{ thing: null }, /thing must be an object, not null/],
    [{ things: {} }, /things must be an array, not an object/],
    [{ choice: "blue" }, /choice must be "red" or "green", not "blue"/],
    [{ choise: "red" }, /^here has no option "choise"; did you mean "choice"\?$/],
    [{ zzzzzzzzzz: 1 }, /^here has no option "zzzzzzzzzz"; it takes span, count, /],
    [{ constructor: 1 }, /here has no option "constructor"/],
    [own("__proto__"), /here has no option "__proto__"/],
  ];
  for (const [options, message] of bad) {
    test(`a wrong one is named, with what it should be: ${message}`, () => {
      const error = refused(() => checkOptions("here", options, kinds));
      assert.equal(error.reason, "BAD_OPTION");
      assert.match(error.message, message);
    });
  }

  test("limits that are left out, or undefined, have their defaults", () => {
    const limits = checkLimits("serve", { inFlight: 3, depth: undefined } as never);
    assert.deepEqual([limits.inFlight, limits.depth, limits.sendQueueEntries], [3, 64, 4_096]);
    assert.match(refused(() => checkLimits("serve", { inflight: 3 } as never)).message, /did you mean "inFlight"/);
    assert.match(refused(() => checkLimits("serve", { inFlight: 0 })).message, /serve: limits: inFlight must be/);
  });

  test("so little credit that streams nobody reads would stop those that are read is refused at start", () => {
    const error = refused(() => checkLimits("connect", { connectionCreditBytes: 65_536 }));
    assert.equal(error.reason, "BAD_OPTION");
    assert.match(
      error.message,
      /connectionCreditBytes is 65536, and 1024 streams .* at least 1048576, .* or allow fewer/,
    );
    assert.equal(refused(() => checkLimits("connect", { streams: 4_097 })).reason, "BAD_OPTION");
    for (const limits of [{ streams: 4_096 }, { streams: 64, connectionCreditBytes: 65_536 }, {}])
      assert.ok(checkLimits("connect", limits).streams > 0);
  });
});

test("a misspelt option of a method is said: it would be a method that is never tried again", () => {
  assert.throws(() => defineService<{ x(): void }>("A", { x: { idempotant: true } as object }), {
    reason: "BAD_OPTION",
    message: 'A.x has no option "idempotant"; did you mean "idempotent"?',
  });
});
