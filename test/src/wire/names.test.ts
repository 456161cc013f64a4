import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { bind, defineService, RpcError, type ServeOptions, serve } from "@rpc/core";
import fc from "fast-check";
import { atEnd } from "./ground/at-end.js";
import { type Ground, inMemory } from "./ground/grounds.js";
import { text } from "./raw/bytes.js";
import { open, ping, request } from "./raw/frames.js";
import { maxFrameBytes } from "./raw/numbers.js";
import { raw } from "./raw/raw.js";
import type { Received } from "./raw/received.js";

/** A class with more on it than it offers. */
class Bank {
  readonly #vault = "gold";
  static open(): string {
    return "everything";
  }
  balance(): number {
    return this.#vault.length;
  }
  protected audit(): string {
    return "protected";
  }
  private rob(): string {
    return `private ${this.#vault}`;
  }
  notOffered(): string {
    return `public, but not offered ${this.rob()}${this.audit()}`;
  }
}

class Branch extends Bank {
  address(): string {
    return "here";
  }
}

interface Offered {
  balance(): number;
  address(): string;
}

const BankService = defineService<Offered>("Bank", { balance: {}, address: {} });

const inherited = Object.getOwnPropertyNames(Object.prototype);

/** Names that a caller may hope to reach something by. */
const hostile = [
  ...inherited,
  "then",
  "catch",
  "finally",
  "toJSON",
  "prototype",
  "#vault",
  "rob",
  "audit",
  "notOffered",
  "open",
  "call",
  "apply",
  "bind",
  "length",
  "name",
  "",
  " ",
  "balance ",
  " balance",
  "Balance",
  "balance\0",
  "balance\n",
  "bаlance",
  "balance\u200b",
  "ｂalance",
  "0",
  "-1",
  "../balance",
  "/Bank/balance",
  "Bank/balance",
  "\ud800",
  "\u{1F4A5}",
  "x".repeat(129),
  "x".repeat(60_000),
];

/** What a service's own name could be taken for. */
const hostileServices = [
  ...inherited,
  "then",
  "",
  " ",
  "bank",
  "Bank ",
  "Bаnk",
  "Bank/",
  "/Bank",
  "Bank\0",
  "x".repeat(60_000),
];

async function bank(t: TestContext, ground: Ground): Promise<string> {
  return started(t, ground, { services: [bind(BankService, new Branch())] });
}

async function started(
  t: TestContext,
  ground: Ground,
  served: Pick<ServeOptions, "services"> | Pick<ServeOptions, "invoke">,
): Promise<string> {
  const server = await serve({ ...(served as ServeOptions), listen: ground.listen, transports: ground.transports });
  atEnd(t, () => server.close());
  return server.address;
}

test("whatever a caller asks for, a service shows what it offers and nothing else", async (t) => {
  const ground = inMemory();
  const peer = await raw.greeted(t, await bank(t, ground), ground.transport);
  for (const [at, name] of hostile.entries()) {
    peer.send(open("Bank", [name], { id: at + 1 }));
    const { opened: table } = await peer.expect("opened", { id: at + 1 });
    assert.deepEqual(table?.methods.map((method) => method.name).sort(), ["address", "balance"]);
  }
  const reached: number[] = [];
  for (let index = 0; index < 300; index++) {
    peer.send(request({ id: 1_000 + index, method: index }));
    const answer = await peer.next();
    if (answer.kind === "response") reached.push(index);
    else assert.deepEqual([answer.kind, answer.fault?.reason, answer.fault?.processed], ["reject", "NO_METHOD", "no"]);
  }
  assert.deepEqual(reached, [0, 1], "no index leads anywhere else");
  peer.send(request({ id: 2_000, method: 65_535 }));
  await peer.expect("reject", { id: 2_000, code: "unimplemented", reason: "NO_METHOD" });
});

test("a method is known only on the connection that opened its service", async (t) => {
  const ground = inMemory();
  const address = await bank(t, ground);
  const knows = await raw.greeted(t, address, ground.transport);
  knows.send(open("Bank", []));
  await knows.expect("opened");
  const guesses = await raw.greeted(t, address, ground.transport);
  guesses.send(request({ id: 1, method: 0 }));
  await guesses.expect("reject", { id: 1, reason: "NO_METHOD", processed: "no" });
});

test("a service that is not served is not found, whatever its name means to JavaScript", async (t) => {
  const ground = inMemory();
  const peer = await raw.greeted(t, await bank(t, ground), ground.transport);
  for (const [at, service] of hostileServices.entries()) {
    peer.send(open(service, ["balance"], { id: at + 1 }));
    const answer = await peer.expect("opened", { id: at + 1 });
    assert.deepEqual(answer.opened, { found: false, methods: [] }, JSON.stringify(service.slice(0, 20)));
  }
});

test("a bare function is called under names that could be a method's, and under no others", async (t) => {
  const ground = inMemory();
  const paths: string[] = [];
  const address = await started(t, ground, {
    invoke: async ({ method }) => {
      paths.push(method.path);
      return null;
    },
  });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Any", [...hostile.filter((name) => name.length < 2_000), "fine"]));
  const answer = await peer.expect("opened");
  const known = answer.opened!.methods.map(({ name }) => name);
  for (const name of inherited) assert.ok(!known.includes(name), name);
  for (const name of known) assert.match(name, /^[A-Za-z0-9_.$/-]{1,128}$/);
  for (const name of ["then", "toJSON", "catch", "finally", "prototype"]) assert.ok(!known.includes(name), name);
  assert.ok(known.includes("fine"));
  for (const service of ["", " ", "a b", "ü", "x".repeat(129), "x".repeat(60_000)]) {
    peer.send(open(service, ["fine"], { id: 2 + paths.length }));
    assert.equal((await peer.expect("opened")).opened?.found, false);
    paths.push("-");
  }
});

test("no name at all reaches a prototype: over any text the answer is a table of what is offered", async (t) => {
  const ground = inMemory();
  const served = [await bank(t, ground), await started(t, ground, { invoke: async () => null })];
  const name = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme" }),
    fc.constantFrom(...hostile.slice(0, -1)),
  );
  for (const address of served) {
    const peer = await raw.greeted(t, address, ground.transport);
    let id = 0;
    await fc.assert(
      fc.asyncProperty(name, name, async (service, method) => {
        peer.send(open(service, [method], { id: ++id }), open("Bank", [method, method], { id: ++id }));
        for (const answer of [await peer.expect("opened"), await peer.expect("opened")]) {
          for (const each of answer.opened!.methods) {
            assert.match(each.name, /^[A-Za-z0-9_.$/-]{1,128}$/);
            assert.ok(!inherited.includes(each.name));
          }
        }
      }),
      { numRuns: 200 },
    );
  }
});

test("names of 128 bytes are names, those of 129 are not, at start as on the wire", async (t) => {
  const longest = "m".repeat(128);
  const tooLong = "m".repeat(129);
  const make = (service: string, method: string) =>
    defineService<Record<string, () => null>>(service, { [method]: {} });
  const descriptor = make(longest, longest);
  for (const [service, method] of [
    [tooLong, "m"],
    ["s", tooLong],
    ["", "m"],
    ["s", ""],
    ["s", "ä"],
    ["s p", "m"],
  ] as const) {
    assert.throws(() => make(service, method), { code: "invalid_argument", reason: "BAD_NAME" });
  }
  const ground = inMemory();
  const address = await started(t, ground, { services: [bind(descriptor, { [longest]: () => null })] });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open(longest, [longest]), open(tooLong, [longest], { id: 2 }), request({ id: 3 }));
  assert.equal((await peer.expect("opened", { id: 1 })).opened?.methods[0]?.name, longest);
  assert.equal((await peer.expect("opened", { id: 2 })).opened?.found, false);
  await peer.expect("response", { id: 3 });
});

for (const name of [...inherited, "then", "catch", "finally", "toJSON", "prototype"]) {
  test(`a service cannot offer a method called ${name}: start-up says so, with the class and what to do`, () => {
    assert.throws(
      () => defineService<Record<string, () => null>>("Shop", { [name]: {} }),
      (thrown) =>
        thrown instanceof RpcError && thrown.reason === "BAD_NAME" && /^Shop: .*rename it/.test(thrown.message),
    );
  });
}

test("a caller that wants more methods than a frame can tell of gets one whole answer or its connection ends, never half of one", async (t) => {
  const ground = inMemory();
  const address = await started(t, ground, { invoke: async () => null });
  const peer = await raw.greeted(t, address, ground.transport);
  const wanted = Array.from({ length: 5_000 }, (_, n) => n.toString(36).padStart(4, "m"));
  assert.ok(wanted.reduce((bytes, name) => bytes + text(name).length, 10) < maxFrameBytes);
  peer.send(open("Any", wanted));
  const answer: Received = await peer.next();
  assert.equal(answer.flags & ~0x0100, 0, "an opened has no parts");
  assert.ok(answer.kind === "opened" || answer.fault?.reason === "TOO_MANY_METHODS");
});

test("a caller that asks for thousands of names leaves room for the names of others", async (t) => {
  const ground = inMemory();
  const address = await started(t, ground, { invoke: async ({ method }) => method.name });
  for (let round = 0; round < 6; round++) {
    const greedy = await raw.greeted(t, address, ground.transport);
    greedy.send(
      open(
        "Any",
        Array.from({ length: 1_000 }, (_, n) => `greedy${round}-${n}`),
      ),
      ping(),
    );
    while ((await greedy.next()).kind !== "pong");
    await greedy.gone();
  }
  const modest = await raw.greeted(t, address, ground.transport);
  modest.send(open("Any", ["modest"]), request({ id: 2 }));
  assert.equal((await modest.expect("opened")).opened?.methods[0]?.name, "modest");
  await modest.expect("response", { id: 2, value: "modest" });
});
