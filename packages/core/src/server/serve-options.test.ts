import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError } from "../contract/errors.js";
import { bind } from "../service/bind.js";
import { defineService } from "../service/define-service.js";
import { memoryTransport } from "../transport/memory.js";
import { leasingRegistry } from "./leasing-registry.fixture.js";
import { serve } from "./serve.js";
import type { ServeOptions } from "./serve-options.js";

const Shop = defineService<{ price(): number }>("shop.Shop", { price: {} });
const services = [bind(Shop, { price: () => 1 })];
const invoke = async (): Promise<number> => 1;
const registry = leasingRegistry();

const refusal = (options: object): Promise<RpcError> =>
  serve(options as ServeOptions).then(
    async (server) => {
      await server.close();
      return assert.fail(`it listens on ${server.address}`);
    },
    (thrown) => {
      assert.ok(thrown instanceof RpcError, String(thrown));
      return thrown;
    },
  );

describe("a server does not start", () => {
  const rows: readonly [title: string, options: object, message: RegExp, reason?: string][] = [
    ["with nothing to serve", {}, /give either services, .* or invoke/],
    ["with two things to serve", { services, invoke }, /give either services, .* or invoke/],
    ["with a registry and no names to register", { invoke, registry }, /a bare invoke has no services/],
    [
      "with a misspelt option",
      { services, conections: 5 },
      /serve has no option "conections"; did you mean "connections"\?/,
    ],
    [
      "with a misspelt limit",
      { services, limits: { inflight: 5 } },
      /serve: limits has no option "inflight"; did you mean/,
    ],
    ["with a service instead of a list", { services: services[0] }, /services must be an array, not an object/],
    ["with an invoke that is none", { invoke: {} }, /invoke must be a function, not an object/],
    [
      "with methodOptions beside services",
      { services, methodOptions: () => ({}) },
      /methodOptions says what a bare invoke answers/,
    ],
    ["with no handlers allowed", { services, handlersRunning: 0 }, /handlersRunning must be a whole number above 0/],
    ["with a transport that is none", { services, transports: { tcp: {} } }, /transports\.tcp must be an object with/],
    ["with no codec", { services, codecs: [] }, /codecs is empty/],
    ["with an admission that is none", { services, admissions: [{}] }, /admissions must be an array of functions/],
    [
      "with a registry that is none",
      { services, registry: {} },
      /registry must be an object with the functions register/,
    ],
    ["with half a connection", { services, connections: 0.5 }, /connections must be a whole number above 0/],
    ["with a negative drain", { services, drainMs: -1 }, /drainMs must be a number of 0 or more/],
    ["with a weight that is none", { services, weight: Number.NaN }, /weight must be .* not NaN/],
    ["with a port instead of an address", { services, listen: 7_000 }, /listen must be a string, not 7000/],
    ["at an address that is none", { services, listen: "7000" }, /is not an address: .*tcp:\/\//, "BAD_ADDRESS"],
    ["at an address without a port", { services, listen: "tcp://127.0.0.1" }, /write host and port/, "BAD_ADDRESS"],
    [
      "over a transport that is not there",
      { services, listen: "quic://a:1" },
      /no transport for quic:\/\/a:1: known are tcp/,
    ],
    ...["0.0.0.0", "[::]", "10.1.2.3", "example.org", "[::ffff:0.0.0.0]"].map((host): [string, object, RegExp] => [
      `for other machines to reach, by accident: ${host}`,
      { services, listen: `tcp://${host}:0` },
      /can be reached from other machines, .* or set insecure: true/,
    ]),
    [
      "for other machines to reach with authentication and no encryption",
      { services, authenticate: () => undefined, listen: "tcp://0.0.0.0:0" },
      /can be reached from other machines, without encryption: /,
    ],
    [
      "for other machines to reach over an own transport that encrypts nothing",
      {
        services,
        authenticate: () => undefined,
        listen: "own://10.0.0.1:5",
        transports: { own: { ...memoryTransport(), local: false } },
      },
      /can be reached from other machines, without encryption: /,
    ],
    [
      "for other machines to reach over an own transport that encrypts, with nobody authenticated",
      { services, listen: "own://a", transports: { own: { ...memoryTransport(), local: false, encrypted: true } } },
      /can be reached from other machines, without authentication: /,
    ],
    ...["0.0.0.0", "[::]"].map((host): [string, object, RegExp] => [
      `with an advertise that is ${host}`,
      { services, advertise: `tcp://${host}:7000` },
      /advertise: .* stands for every interface, so nobody can connect to it: name the host/,
    ]),
    ["with an authenticate that is a token", { services, authenticate: "secret" }, /authenticate must be a function/],
    ["with an authorize that is none", { services, authorize: [] }, /authorize must be a function/],
    ["with an onConnect that is none", { services, onConnect: {} }, /onConnect must be a function/],
    ...["0.0.0.0", "[::]"].map((host): [string, object, RegExp] => [
      `telling others to connect to ${host}`,
      { services, registry, insecure: true, listen: `tcp://${host}:0` },
      /set advertise to the address they should use/,
    ]),
    [
      "with two services of one name",
      { services: [...services, ...services] },
      /two services are called "shop.Shop"/,
      "DUPLICATE_SERVICE",
    ],
  ];
  for (const [title, options, message, reason = "BAD_OPTION"] of rows) {
    test(`${title}: said at once, with what to do`, async () => {
      const error = await refusal(options);
      assert.deepEqual([error.code, error.reason, error.processed], ["invalid_argument", reason, "no"]);
      assert.match(error.message, message);
    });
  }

  test("where the address is taken: said by name", async () => {
    const transports = { memory: memoryTransport() };
    const options = { services, listen: "memory://a", transports };
    const first = await serve(options);
    const error = await refusal(options);
    assert.deepEqual([error.code, error.reason], ["unavailable", "LISTEN_FAILED"]);
    assert.match(error.message, /memory:\/\/a/);
    await first.close();
    await (await serve(options)).close();
  });
});

test("an own transport that encrypts, and lets in only whom it or the server has authenticated, may be reached from anywhere", async () => {
  const own = { ...memoryTransport(), local: false, encrypted: true };
  const authenticate = (): undefined => undefined;
  for (const options of [
    { transports: { own }, authenticate },
    { transports: { own: { ...own, authenticates: true } } },
    { transports: { own: { ...own, encrypted: false } }, insecure: true },
  ]) {
    const server = await serve({ services, listen: "own://anywhere", ...options });
    await server.close();
  }
});

test("a name that the machine resolves to another place than it says is found out once it listens, and let go", async () => {
  let closed = 0;
  const own = {
    ...memoryTransport(),
    local: false,
    listen: async () => ({ address: "own://10.0.0.1:5", close: async () => void closed++ }),
  };
  const error = await refusal({ services, listen: "own://localhost:5", transports: { own } });
  assert.match(error.message, /own:\/\/10\.0\.0\.1:5 can be reached from other machines/);
  assert.equal(closed, 1);
});

test("by default only this machine can reach a server", async () => {
  const server = await serve({ services });
  assert.match(server.address, /^tcp:\/\/127\.0\.0\.1:[1-9]\d+$/);
  await server.close();
});

test("what is registered is what was asked for, at the address that others are told", async () => {
  const registry = leasingRegistry();
  const server = await serve({
    services: [...services, bind({ ...Shop, name: "shop.Other" }, { price: () => 2 })],
    listen: "memory://a",
    advertise: "memory://elsewhere",
    transports: { memory: memoryTransport() },
    instance: "one",
    weight: 3,
    tags: { zone: "x" },
    registry,
  });
  const entry = { id: "one", address: "memory://elsewhere", weight: 3, tags: { zone: "x" }, inactive: false };
  assert.deepEqual(registry.leases[0]?.entries, [
    { service: "shop.Shop", ...entry },
    { service: "shop.Other", ...entry },
  ]);
  assert.deepEqual([server.instance, server.address], ["one", "memory://a"]);
  await server.close();
  assert.equal(registry.leases[0]?.released, true);
});
