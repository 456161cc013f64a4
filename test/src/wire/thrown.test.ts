import assert from "node:assert/strict";
import test from "node:test";
import { bind, createClient, createDispatcher, defineService, RpcError } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { calling } from "./ground/calling.js";
import { inMemory, onTcp } from "./ground/grounds.js";
import { serving } from "./ground/serving.js";
import { open, ping, request } from "./raw/frames.js";
import { args, fromMsgpack } from "./raw/msgpack.js";
import { raw } from "./raw/raw.js";

const secret = "password=hunter2";

class Teapot extends RpcError {
  constructor() {
    super("failed_precondition", "I am a teapot", { reason: "TEAPOT", details: { spout: "short" }, processed: "no" });
  }
}

class Hostile extends RpcError {
  readonly #what: string;

  constructor(what: string) {
    super("not_found", "hostile");
    this.#what = what;
    Object.defineProperty(this, what, {
      get: () => {
        throw new Error(`${this.#what}: ${secret}`);
      },
    });
  }
}

const throwing = (message: string): never => {
  throw new Error(message);
};

/** An object of which nothing can be asked. */
const untouchable = (): object =>
  new Proxy(Object.create(null) as object, {
    get: () => throwing(secret),
    getPrototypeOf: () => throwing(secret),
    has: () => throwing(secret),
    ownKeys: () => throwing(secret),
    getOwnPropertyDescriptor: () => throwing(secret),
    set: () => throwing(secret),
    defineProperty: () => throwing(secret),
  });

/** What can be thrown that is no word to the caller. */
const anything: readonly (readonly [string, () => unknown])[] = [
  ["null", () => null],
  ["undefined", () => undefined],
  ["a string", () => secret],
  ["a symbol", () => Symbol(secret)],
  ["a bigint", () => 10n ** 30n],
  ["a function", () => () => secret],
  ["an Error", () => new Error(secret)],
  ["a frozen object", () => Object.freeze({ message: secret })],
  ["a frozen Error", () => Object.freeze(new Error(secret))],
  ["an Error with a message of 10 MB", () => new Error(secret.repeat(625_000))],
  ["an Error with causes in a circle", () => Object.assign(new Error(secret), { cause: undefined })],
  ["an AggregateError", () => new AggregateError([new Error(secret)], secret)],
  [
    "a system error that names a path",
    () => Object.assign(new Error(`ENOENT: open '/etc/${secret}'`), { code: "ENOENT" }),
  ],
  [
    "an Error whose message throws",
    () => Object.defineProperty(new Error(), "message", { get: () => throwing(secret) }),
  ],
  ["an Error whose stack throws", () => Object.defineProperty(new Error(), "stack", { get: () => throwing(secret) })],
  ["an Error whose stack is no text", () => Object.defineProperty(new Error(secret), "stack", { value: { secret } })],
  ["an object whose toString throws", () => ({ toString: () => throwing(secret) })],
  ["an object without a prototype", () => Object.assign(Object.create(null) as object, { secret })],
  ["a Proxy that throws whatever it is asked", untouchable],
  [
    "a revoked Proxy",
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
  ],
  ["an RpcError whose code throws", () => new Hostile("code")],
  ["an RpcError whose message throws", () => new Hostile("message")],
  ["an RpcError whose reason throws", () => new Hostile("reason")],
  ["an RpcError whose details throw", () => new Hostile("details")],
  ["an RpcError whose retryAfterMs throws", () => new Hostile("retryAfterMs")],
];

for (const [what, make] of anything) {
  test(`a handler that throws ${what} fails its call alone, and nothing of it crosses the wire`, async (t) => {
    const ground = inMemory();
    const { address, log, server } = await serving(t, ground, {
      on: {
        fail: () => {
          throw make();
        },
        reject: () => Promise.reject(make()),
      },
    });
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["fail", "reject", "add"]));
    await peer.expect("opened");
    for (const [id, method] of [
      [2, 0],
      [3, 1],
    ] as const) {
      peer.send(request({ id, method }));
      const { bytes, fault } = await peer.expect("error", {
        id,
        code: "unknown",
        reason: "HANDLER_ERROR",
        processed: "yes",
      });
      assert.ok(bytes.length < 1_200);
      assert.ok(Buffer.byteLength(fault!.message) <= 1_024);
      assert.doesNotMatch(bytes.toString("latin1"), /hunter2|\.[jt]s\b|at .*:\d+|node:/);
      assert.match(fault!.message, /\/Probe\/(fail|reject)/);
      assert.equal(fault!.details.length, 0);
    }
    assert.equal(log.filter(({ level }) => level === "error").length, 2, "each was logged once");
    for (const { fields, message } of log) assert.ok(JSON.stringify([message, fields]).length < 40_000);
    peer.send(request({ id: 4, method: 2, args: [1, 2] }));
    await peer.expect("response", { id: 4, value: 3 });
    assert.equal(server.connections, 1);
  });
}

/** RpcErrors that go wrong only once they are written down. */
const odd: readonly (readonly [string, object, Partial<RpcError>])[] = [
  ["retryAfterMs is a bigint", { retryAfterMs: 5n }, {}],
  ["retryAfterMs is a symbol", { retryAfterMs: Symbol("5") }, {}],
  ["retryAfterMs is an object that throws", { retryAfterMs: { valueOf: () => throwing(secret) } }, {}],
  ["retryAfterMs is NaN", { retryAfterMs: Number.NaN }, { reason: "ODD" }],
  ["retryAfterMs is beyond what the wire holds", { retryAfterMs: 1e20 }, { reason: "ODD" }],
  ["reason is 10 MB", { reason: "R".repeat(10_000_000) }, { reason: "R".repeat(64) }],
  ["reason is no ASCII", { reason: "GRÖSSE\u{1F4A5}" }, {}],
  ["reason is an object that throws", { reason: { toString: () => throwing(secret) } }, {}],
  ["code is nobody's", { code: "banana" }, { code: "unknown", reason: "ODD" }],
  ["code is a name of every object", { code: "constructor" }, { code: "unknown", reason: "ODD" }],
  ["code is a number", { code: 5 }, { code: "unknown" }],
  ["code is a symbol", { code: Symbol("5") }, { code: "unknown" }],
  ["message is an object that throws", { message: { toString: () => throwing(secret) } }, {}],
  ["details cannot be encoded", { details: () => secret }, { reason: "ODD" }],
  [
    "details have a getter that throws",
    {
      details: {
        get inside() {
          return throwing(secret);
        },
      },
    },
    { reason: "ODD" },
  ],
  ["details are above 8 KiB", { details: "d".repeat(9_000) }, { reason: "ODD" }],
];

for (const [what, properties, like] of odd) {
  test(`an RpcError whose ${what} still reaches its caller as an error, and the connection lives`, async (t) => {
    const ground = inMemory();
    const { address } = await serving(t, ground, {
      on: {
        fail: () => {
          const error = new RpcError("not_found", "odd", { reason: "ODD" });
          for (const [name, value] of Object.entries(Object.getOwnPropertyDescriptors(properties))) {
            Object.defineProperty(error, name, value);
          }
          throw error;
        },
      },
    });
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["fail"]), request({ id: 2 }), ping());
    await peer.expect("opened");
    await peer.expect("pong");
    const { bytes } = await peer.expect("error", { id: 2, processed: "yes", ...(like as object) });
    assert.ok(bytes.length < 9_400);
    assert.doesNotMatch(bytes.toString("latin1"), /hunter2/);
  });
}

test("a handler's own RpcError arrives with its code, reason, message and details, and always as having run", async (t) => {
  const ground = inMemory();
  const { address, log } = await serving(t, ground, {
    on: {
      fail: () => {
        throw new Teapot();
      },
    },
  });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["fail"]), request({ id: 2 }));
  await peer.expect("opened");
  const { fault } = await peer.expect("error", {
    id: 2,
    code: "failed_precondition",
    reason: "TEAPOT",
    processed: "yes",
    message: /^I am a teapot$/,
  });
  assert.deepEqual(fromMsgpack(fault!.details), { spout: "short" });
  assert.equal(log.length, 0, "what was meant for the caller is not logged");
});

test("a message is cut to 1 KiB of whole characters", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground, {
    on: {
      fail: ({ input: [message] }) => {
        throw new RpcError("aborted", message as string);
      },
    },
  });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["fail"]));
  await peer.expect("opened");
  const messages = [
    "a".repeat(1_024),
    "a".repeat(1_025),
    "ä".repeat(513),
    `a${"\u{1F600}".repeat(300)}`,
    "€".repeat(342),
  ];
  for (const [index, message] of messages.entries()) {
    peer.send(request({ id: 2 + index, body: args(message) }));
    const { fault } = await peer.expect("error", { id: 2 + index, code: "aborted" });
    assert.ok(Buffer.byteLength(fault!.message) <= 1_024);
    assert.ok(Buffer.byteLength(fault!.message) > 1_020);
    assert.ok(message.startsWith(fault!.message), "no character was cut in half");
  }
});

test("a served function or an interceptor that throws at once, instead of rejecting, fails its call and not the connection", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground, {
    interceptors: [
      (next) => (call) => {
        if (call.input[0] === "at once") throw new Error(secret);
        return next(call);
      },
    ],
  });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["echo"]), request({ id: 2, args: ["at once"] }), request({ id: 3, args: ["fine"] }));
  await peer.expect("opened");
  await peer.expect("error", { id: 2, code: "unknown", reason: "HANDLER_ERROR" });
  await peer.expect("response", { id: 3, value: "fine" });
});

test("an admission that throws instead of saying no lets nobody in, and the connection lives", async (t) => {
  const ground = inMemory();
  const { address, ran } = await serving(t, ground, {
    admissions: [
      ({ sizeBytes }) => {
        if (sizeBytes > 10) throw new Error(secret);
        return undefined;
      },
    ],
  });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["echo"]), request({ id: 2, args: ["more than ten"] }), request({ id: 3, args: ["x"] }));
  await peer.expect("opened");
  const { bytes } = await peer.expect("reject", { id: 2, processed: "no" });
  assert.doesNotMatch(bytes.toString("latin1"), /hunter2/);
  await peer.expect("response", { id: 3, value: "x" });
  assert.equal(ran.length, 1);
});

test("a handler that fails a thousand times takes no place for ever", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground, {
    handlersRunning: 3,
    on: {
      fail: () => {
        throw new Error("as ever");
      },
    },
    interceptors: [
      (next) => (call) => {
        if (call.input[0] === "at once") throw new Error("at once");
        return next(call);
      },
    ],
  });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["fail"]));
  await peer.expect("opened");
  for (let id = 2; id < 1_000; id++) {
    peer.send(request({ id, args: id % 2 === 0 ? ["at once"] : [] }));
    await peer.expect("error", { id, reason: "HANDLER_ERROR" });
  }
});

interface Failing {
  fail(): string;
}

const FailingService = defineService<Failing>("Failing", { fail: {} });

for (const [what, make] of [
  ...anything,
  ["a frozen RpcError", () => Object.freeze(new RpcError("aborted", "frozen"))] as const,
]) {
  test(`without a socket between, too, a handler that throws ${what} rejects its call and crashes nothing`, async () => {
    const dispatcher = createDispatcher([
      bind(FailingService, {
        fail: () => {
          throw make();
        },
      }),
    ]);
    const failed = await createClient(FailingService, dispatcher.invoke)
      .fail()
      .then(
        () => assert.fail("it resolved"),
        (thrown: unknown) => thrown,
      );
    assert.ok(failed instanceof RpcError);
    assert.equal(failed.processed, "yes");
    assert.doesNotMatch(failed.message, /hunter2/);
  });
}

test("an interceptor that returns what settles twice, and throws besides, answers once, and its place is given back once", async (t) => {
  const ground = onTcp();
  const twice = {
    then(resolve: (output: unknown) => void, reject: (thrown: unknown) => void) {
      resolve("first");
      reject(new Error("second"));
      throw new Error("third");
    },
  };
  const { server, address } = await serving(t, ground, {
    interceptors: [() => () => twice as unknown as Promise<unknown>],
  });
  const { probe } = calling(t, ground, address);
  assert.deepEqual(await Promise.all([probe.nothing(), probe.nothing()]), ["first", "first"]);
  const { running, calls } = server.stats();
  assert.deepEqual([running, calls.ok, calls.failed, calls.pending], [0, 2, 0, 0]);
});

test("a client whose calls make a handler fail without end fills no disk: its server logs a hundred, and says how many it left out", async (t) => {
  const ground = inMemory();
  const clock = createManualClock();
  const { address, log } = await serving(t, ground, { clock, on: { add: () => throwing(secret) } });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["add"]));
  await peer.expect("opened");
  const failures = () => log.filter(({ message }) => message.includes("failed"));
  const failing = async (from: number, count: number): Promise<void> => {
    for (let id = from; id < from + count; id++) peer.send(request({ id, body: args(1, 2) }));
    await clock.settle();
    for (let id = from; id < from + count; id++) await peer.expect("error", { id, reason: "HANDLER_ERROR" });
  };
  await failing(2, 300);
  assert.equal(failures().length, 100);
  await clock.advance(10_000);
  await failing(302, 1);
  assert.equal(failures().length, 101);
  assert.equal(failures().at(-1)?.fields?.["leftOut"], 200);
});
