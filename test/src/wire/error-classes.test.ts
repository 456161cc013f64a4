import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { bind, connect, createClient, createDispatcher, type ErrorClass, RpcError, serve } from "@rpc/core";
import { calling, ProbeService } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { type Ground, grounds, inMemory } from "./ground/grounds.js";
import { meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { open, request } from "./raw/frames.js";
import { flagBits } from "./raw/numbers.js";
import { raw } from "./raw/raw.js";

let constructed = 0;

class OutOfStock extends RpcError {
  static override readonly reason = "OUT_OF_STOCK";
  declare readonly details: { readonly sku: string; readonly left: number };

  constructor(sku: string, left: number) {
    super("failed_precondition", `${left} of ${sku} are left`, { details: { sku, left } });
    constructed++;
  }

  get sku(): string {
    return this.details.sku;
  }
}

/** With a field that only its own code can make. */
class Late extends RpcError {
  static override readonly reason = "LATE";
  readonly #since: Date;

  constructor(since: Date) {
    super("aborted", "too late", { details: since, retryAfterMs: 7 });
    this.#since = since;
  }

  static fromPeer({ details }: RpcError): Late {
    if (!(details instanceof Date)) throw new TypeError("no date");
    return new Late(details);
  }

  get year(): number {
    return this.#since.getUTCFullYear();
  }
}

/** Calls `nothing`, whose handler throws this, between two processes that know these classes. */
async function thrown(
  t: TestContext,
  ground: Ground,
  what: unknown,
  there: readonly ErrorClass[],
  here: readonly ErrorClass[],
): Promise<RpcError> {
  const nothing = (): never => {
    throw what;
  };
  const { address } = await serving(t, ground, { errors: there, on: { nothing } });
  return failed(calling(t, ground, address, { errors: here }).probe.nothing());
}

for (const ground of grounds.map((make) => make())) {
  test(`an error of one's own class arrives as that class, whole, without its constructor (${ground.name})`, async (t) => {
    const sent = new OutOfStock("tea", 2);
    const before = constructed;
    const error = await thrown(t, ground, sent, [OutOfStock, Late], [Late, OutOfStock]);
    assert.ok(error instanceof OutOfStock);
    assert.ok(error instanceof RpcError);
    assert.deepEqual(
      [error.code, error.reason, error.message, error.details, error.sku, error.details.left],
      ["failed_precondition", "OUT_OF_STOCK", "2 of tea are left", { sku: "tea", left: 2 }, "tea", 2],
    );
    assert.deepEqual([error.processed, error.origin, error.attempts], ["yes", "peer", 1]);
    assert.notEqual(error, sent);
    assert.equal(constructed, before, "no constructor ran on bytes of the wire");
  });
}

for (const [where, there, here] of [
  ["at the caller alone", [], [OutOfStock]],
  ["at the server alone", [OutOfStock], []],
  ["nowhere", [], []],
] as const) {
  test(`a class that is named ${where} arrives as an RpcError with code, reason, message and details`, async (t) => {
    const error = await thrown(t, inMemory(), new OutOfStock("tea", 2), there, here);
    assert.equal(Object.getPrototypeOf(error), RpcError.prototype);
    assert.deepEqual(
      [error.code, error.reason, error.message, error.details],
      ["failed_precondition", "OUT_OF_STOCK", "2 of tea are left", { sku: "tea", left: 2 }],
    );
  });
}

test("an error that only borrows a reason is not taken for the class, and one of a class that borrows another's is not either", async (t) => {
  const borrowed = new RpcError("not_found", "nobody's", { reason: "OUT_OF_STOCK" });
  const plain = await thrown(t, inMemory(), borrowed, [OutOfStock], [OutOfStock]);
  assert.equal(Object.getPrototypeOf(plain), RpcError.prototype);
  class Sold extends OutOfStock {}
  const sold = await thrown(t, inMemory(), new Sold("tea", 0), [OutOfStock], [OutOfStock]);
  assert.ok(sold instanceof OutOfStock, "a subclass arrives as the class that was named");
});

test("details that cannot travel leave an RpcError, since the class would promise them", async (t) => {
  const error = await thrown(t, inMemory(), new OutOfStock("x".repeat(9_000), 1), [OutOfStock], [OutOfStock]);
  assert.equal(Object.getPrototypeOf(error), RpcError.prototype);
  assert.deepEqual([error.reason, error.details], ["OUT_OF_STOCK", undefined]);
});

test("a class that says how it is made of what arrived is made so, and what is certain of the call stays", async (t) => {
  const error = await thrown(t, inMemory(), new Late(new Date("1999-01-01")), [Late], [Late]);
  assert.ok(error instanceof Late);
  assert.deepEqual([error.year, error.processed, error.origin, error.retryAfterMs], [1999, "yes", "peer", 7]);
});

test("a class that cannot be made of what arrived, or makes something else, leaves the RpcError", async (t) => {
  class Other extends RpcError {
    static override readonly reason = "LATE";
    static fromPeer = (): Other => new RpcError("aborted", "something else") as Other;
  }
  const changed = new Late("yesterday" as unknown as Date);
  for (const here of [Late, Other]) {
    const error = await thrown(t, inMemory(), changed, [Late], [here]);
    assert.equal(Object.getPrototypeOf(error), RpcError.prototype);
    assert.deepEqual([error.reason, error.details], ["LATE", "yesterday"]);
  }
});

test("a relayed error stays unknown, whatever its class", async (t) => {
  const ground = inMemory();
  const nothing = (): never => {
    throw new OutOfStock("tea", 2);
  };
  const back = await serving(t, ground, { errors: [OutOfStock], on: { nothing } });
  const { probe } = calling(t, ground, back.address, { errors: [OutOfStock] });
  const front = await serving(t, ground, { errors: [OutOfStock], on: { nothing: () => probe.nothing() } });
  const error = await failed(calling(t, ground, front.address, { errors: [OutOfStock] }).probe.nothing());
  assert.deepEqual([error.code, error.reason, error.details], ["unknown", "HANDLER_ERROR", undefined]);
  assert.equal(Object.getPrototypeOf(error), RpcError.prototype);
});

test("within the process it arrives as over a connection", async () => {
  const handlers = {
    add: () => 1,
    echo: () => {
      throw new Late(new Date("1999-01-01"));
    },
    nothing: () => {
      throw new OutOfStock("tea", 2);
    },
    hang: () => null,
  };
  const knowing = createClient(
    ProbeService,
    createDispatcher([bind(ProbeService, handlers)], [], { errors: [OutOfStock, Late] }).invoke,
  );
  const error = await failed(knowing.nothing());
  assert.ok(error instanceof OutOfStock);
  assert.deepEqual([error.sku, error.origin, error.processed], ["tea", "peer", "yes"]);
  assert.ok((await failed(knowing.echo(1))) instanceof Late);
  const unaware = createClient(ProbeService, createDispatcher([bind(ProbeService, handlers)]).invoke);
  assert.equal(Object.getPrototypeOf(await failed(unaware.nothing())), RpcError.prototype);
});

test("a peer that did not agree is told no class, and one that says a class without having agreed is cut off", async (t) => {
  const ground = inMemory();
  const nothing = (): never => {
    throw new OutOfStock("tea", 2);
  };
  const { address } = await serving(t, ground, { errors: [OutOfStock], on: { nothing } });
  for (const features of [0, 16]) {
    const peer = await raw.greeted(t, address, ground.transport, { features });
    peer.send(open("Probe", ["nothing"]), request({ id: 2, args: [] }));
    await peer.expect("opened");
    const { flags } = await peer.expect("error", { id: 2 });
    assert.equal((flags & flagBits.declared) !== 0, features === 16);
  }
  const { peer, probe } = await meeting(t, ground, { errors: [OutOfStock] });
  const call = failed(probe.add(1, 2));
  const { id } = await peer.expect("request");
  peer.send({ kind: "error", id, flags: flagBits.declared });
  await peer.expectClose("RESERVED_FLAG");
  assert.equal((await call).processed, "maybe");
});

test("a reason that nobody named makes no class of what arrives, whatever it is called", async (t) => {
  for (const reason of ["constructor", "__proto__", "toString", "RpcError", "Error"]) {
    class Odd extends RpcError {}
    const error = await thrown(t, inMemory(), new Odd("aborted", "odd", { reason }), [OutOfStock], [OutOfStock]);
    assert.equal(Object.getPrototypeOf(error), RpcError.prototype);
    assert.equal(error.reason, reason);
  }
});

class Same extends RpcError {
  static override readonly reason = "OUT_OF_STOCK";
}
class Nameless extends RpcError {}
class Shouting extends RpcError {
  static override readonly reason = "out of stock";
}
for (const [what, errors, message] of [
  [
    "two classes of one reason",
    [OutOfStock, Same],
    /OutOfStock and Same have the same reason OUT_OF_STOCK: give one of them another/,
  ],
  ["a class twice", [OutOfStock, OutOfStock], /OutOfStock is named twice/],
  [
    "a class without a reason",
    [Nameless],
    /Nameless needs a reason of its own.*static readonly reason = 'OUT_OF_STOCK'/,
  ],
  ["a malformed reason", [Shouting], /Shouting needs a reason of its own, 1 to 64 of A-Z, 0-9 and "_"/],
  ["another class", [Date], /Date is no class that extends RpcError/],
  ["RpcError itself", [RpcError], /RpcError is no class that extends RpcError/],
  ["an instance", [new OutOfStock("tea", 1)], /what was given \(object\) is no class/],
  ["null", [null], /what was given \(object\) is no class/],
  ["no list", OutOfStock, /errors must be an array/],
] as const) {
  test(`${what} in the option errors is refused at start, and named`, async () => {
    const wrong = { errors } as unknown as { errors: readonly ErrorClass[] };
    const refusal = { code: "invalid_argument", reason: "BAD_OPTION", message };
    assert.throws(() => connect({ address: "tcp://127.0.0.1:1", ...wrong }), refusal);
    await assert.rejects(serve({ services: [], ...wrong }), refusal);
    if (Array.isArray(errors)) assert.throws(() => createDispatcher([], [], wrong), refusal);
  });
}

test("a class's reason is that of its errors where they name none", () => {
  assert.equal(new OutOfStock("tea", 1).reason, "OUT_OF_STOCK");
  assert.equal(new Nameless("aborted", "x").reason, "ABORTED");
  assert.equal(new Same("aborted", "x", { reason: "MINE" }).reason, "MINE");
});
