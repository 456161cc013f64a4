import assert from "node:assert/strict";
import { test } from "node:test";
import { type Registry, RpcError, silent } from "@rpc/core";
import { readOnlyRegistrySuite } from "@rpc/core/testing";
import { type DnsRegistryOptions, dnsRegistry } from "@rpc/registry-dns";
import type { Answer } from "dns-packet";
import { atEnd, type Ending } from "../wire/ground/at-end.js";
import { type NameServer, openNameServer } from "./name-server.js";

const { signal: never } = new AbortController();
const name = "{service}.shop.example:7001";
const quick = { soonestMs: 20, timeoutMs: 300 } as const;

const a = (host: string, data: string, ttl = 0): Answer => ({ type: "A", name: host, ttl, data });
const aaaa = (host: string, data: string, ttl = 0): Answer => ({ type: "AAAA", name: host, ttl, data });
const srv = (host: string, target: string, port: number, priority = 0, weight = 1, ttl = 0): Answer => ({
  ...{ type: "SRV", name: host, ttl },
  data: { target, port, priority, weight },
});

readOnlyRegistrySuite("DNS, addresses", async () => {
  const server = await openNameServer();
  const open = (): Registry => dnsRegistry({ name, servers: [server.address], ...quick });
  const zones = new Map<string, readonly Answer[]>();
  return {
    registry: open(),
    again: async () => open(),
    say(service, addresses) {
      const host = `${service.toLowerCase()}.shop.example`;
      zones.set(
        service,
        addresses.map((address) => a(host, new URL(address).hostname)),
      );
      server.zone = [...zones.values()].flat();
    },
    close: () => server.close(),
  };
});

readOnlyRegistrySuite("DNS, services", async () => {
  const server = await openNameServer();
  const open = (): Registry =>
    dnsRegistry({ name: "_rpc._tcp.{service}.shop.example", servers: [server.address], ...quick });
  const zones = new Map<string, readonly Answer[]>();
  return {
    registry: open(),
    again: async () => open(),
    say(service, addresses) {
      const host = `_rpc._tcp.${service.toLowerCase()}.shop.example`;
      const records = addresses.flatMap((address, place) => {
        const pod = `pod-${place}.${service.toLowerCase()}.shop.example`;
        return [srv(host, pod, Number(new URL(address).port)), a(pod, new URL(address).hostname)];
      });
      zones.set(service, records);
      server.zone = [...zones.values()].flat();
    },
    close: () => server.close(),
  };
});

async function opened(t: Ending, options: Partial<DnsRegistryOptions> = {}): Promise<[NameServer, Registry]> {
  const server = await openNameServer();
  atEnd(t, () => server.close());
  const registry = dnsRegistry({ name, servers: [server.address], ...quick, ...options });
  atEnd(t, () => registry.close());
  return [server, registry];
}

const addresses = async (registry: Registry, service = "Prices"): Promise<readonly string[]> =>
  (await registry.list(service, never)).map(({ address }) => address);

test("both families are listed, IPv6 in brackets; one alone where it is asked for", async (t) => {
  const [server, registry] = await opened(t);
  server.zone = [a("prices.shop.example", "10.0.0.1"), aaaa("prices.shop.example", "fd00::1")];
  assert.deepEqual(await addresses(registry), ["tcp://10.0.0.1:7001", "tcp://[fd00::1]:7001"]);
  for (const [family, address] of [
    [4, "tls://10.0.0.1:7001"],
    [6, "tls://[fd00::1]:7001"],
  ] as const) {
    const one = dnsRegistry({ name, family, scheme: "tls", servers: [server.address] });
    assert.deepEqual(await addresses(one), [address]);
    await one.close();
  }
});

test("of SRV records the best priority is listed, with ports and weights; a target of a dot is none", async (t) => {
  const [server, registry] = await opened(t, { name: "_rpc._tcp.{service}.shop.example" });
  const host = "_rpc._tcp.prices.shop.example";
  server.zone = [
    srv(host, "a.shop.example", 7001, 1, 30),
    srv(host, "b.shop.example", 7002, 1, 0),
    srv(host, "c.shop.example", 7003, 2, 90),
    srv(host, ".", 0, 0, 0),
    ...["a", "b", "c"].map((letter, place) => a(`${letter}.shop.example`, `10.0.0.${place + 1}`)),
  ];
  const shown = (await registry.list("Prices", never)).map(({ address, weight }) => [address, weight]);
  assert.deepEqual(shown, [
    ["tcp://10.0.0.1:7001", 30],
    ["tcp://10.0.0.2:7002", 0.01],
  ]);
});

test("a list above what a datagram holds is asked for over TCP, whole", async (t) => {
  const [server, registry] = await opened(t);
  server.zone = Array.from({ length: 200 }, (_, place) =>
    a("prices.shop.example", `10.0.${place >> 7}.${place & 127}`),
  );
  assert.equal((await addresses(registry)).length, 200);
});

test("names on the way (CNAME) are followed, and the shortest time to live counts", async (t) => {
  const [server, registry] = await opened(t);
  server.zone = [
    { type: "CNAME", name: "prices.shop.example", ttl: 0, data: "real.shop.example" },
    { ...a("prices.shop.example", "10.0.0.1", 3_600) },
  ];
  const watch = registry.watch("Prices", never)[Symbol.asyncIterator]();
  assert.equal((await watch.next()).value.length, 1);
  server.zone = [...server.zone, a("prices.shop.example", "10.0.0.2", 3_600)];
  assert.equal((await watch.next()).value.length, 2);
});

test("a list is not asked for again before its time to live is over", async (t) => {
  const [server, registry] = await opened(t, { family: 4 });
  server.zone = [a("prices.shop.example", "10.0.0.1", 1)];
  const watch = registry.watch("Prices", never)[Symbol.asyncIterator]();
  await watch.next();
  const startedAt = performance.now();
  server.zone = [a("prices.shop.example", "10.0.0.2", 1)];
  await watch.next();
  assert.ok(performance.now() - startedAt >= 950);
  assert.equal(server.asked.length, 2);
});

for (const [mood, says] of [
  [2, /SERVFAIL/],
  [5, /REFUSED/],
  ["silent", /did not answer in 300 ms/],
  ["garbage", /did not answer in 300 ms/],
] as const) {
  test(`a name server whose mood is ${mood} loses the watch and fails the list, by name: the last list stays in force`, async (t) => {
    const [server, registry] = await opened(t);
    server.zone = [a("prices.shop.example", "10.0.0.1")];
    const watch = registry.watch("Prices", never)[Symbol.asyncIterator]();
    await watch.next();
    server.mood = mood;
    const named = (error: unknown): boolean =>
      error instanceof RpcError &&
      error.code === "unavailable" &&
      error.message.includes(server.address) &&
      says.test(error.message);
    await assert.rejects(watch.next(), named);
    await assert.rejects(registry.list("Prices", never), named);
  });
}

test("answers to other questions are not believed", async (t) => {
  const [server, registry] = await opened(t);
  server.zone = [a("prices.shop.example", "10.0.0.1")];
  server.mood = "stranger";
  assert.deepEqual(await addresses(registry), ["tcp://10.0.0.1:7001"]);
});

test("where the first name server is silent the next one is asked", async (t) => {
  const [silentServer] = await opened(t);
  silentServer.mood = "silent";
  const [server] = await opened(t);
  server.zone = [a("prices.shop.example", "10.0.0.1")];
  const registry = dnsRegistry({ name, servers: [silentServer.address, server.address], timeoutMs: 200 });
  atEnd(t, () => registry.close());
  assert.equal((await addresses(registry)).length, 1);
});

test("the services that are named are told once they have an instance; without names that is refused", async (t) => {
  const [server, registry] = await opened(t, { services: ["Stock", "Prices"] });
  server.zone = [a("stock.shop.example", "10.0.0.1")];
  const services = registry.services(never)[Symbol.asyncIterator]();
  assert.deepEqual((await services.next()).value, ["Stock"]);
  server.zone = [...server.zone, a("prices.shop.example", "10.0.0.1")];
  assert.deepEqual((await services.next()).value, ["Prices", "Stock"]);
  const [, unnamed] = await opened(t);
  await assert.rejects(unnamed.services(never)[Symbol.asyncIterator]().next(), /dnsRegistry\(\{ services \}\)/);
});

test("a function may name services in its own way, or not at all", async (t) => {
  const [server, registry] = await opened(t, { name: (service) => (service === "Prices" ? "p.example:1" : undefined) });
  server.zone = [a("p.example", "10.0.0.1")];
  assert.deepEqual(await addresses(registry), ["tcp://10.0.0.1:1"]);
  assert.deepEqual(await addresses(registry, "Stock"), []);
});

test("a process that registers is told once that others write the list", async (t) => {
  const told: string[] = [];
  const [, registry] = await opened(t, { logger: { ...silent, info: (message: string) => told.push(message) } });
  const entry = { service: "Prices", id: "p-1", address: "tcp://127.0.0.1:7001", weight: 1, tags: {}, inactive: false };
  const lease = await registry.register([entry]);
  await lease.release();
  assert.match(told.join(), /^DNS at 127\.0\.0\.1:\d+ is only read/);
});

const wrong: readonly (readonly [object, RegExp])[] = [
  [{}, /name must be/],
  [{ name: "" }, /name must be/],
  [{ name: "a b:1" }, /is no name/],
  [{ name: "a:70000" }, /is no name/],
  [{ name, family: 5 }, /family/],
  [{ name, scheme: "//" }, /scheme/],
  [{ name, servers: ["ns.example"] }, /is no address/],
  [{ name, servers: ["10.0.0.1:0"] }, /is no address/],
  [{ name, soonestMs: 10, latestMs: 5 }, /soonestMs/],
  [{ name, timeoutMs: 0 }, /timeoutMs/],
  [{ name, ttl: 3 }, /no option "ttl"/],
];
for (const [options, says] of wrong) {
  test(`${JSON.stringify(options)} is refused at once, in words that name it`, () => {
    const named = (error: unknown) =>
      error instanceof RpcError && error.reason === "BAD_OPTION" && says.test(error.message);
    assert.throws(() => dnsRegistry(options as DnsRegistryOptions), named);
  });
}
