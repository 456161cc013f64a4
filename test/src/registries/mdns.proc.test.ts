import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { type Endpoint, type Registry, RpcError, silent } from "@rpc/core";
import { registrySuite } from "@rpc/core/testing";
import { type MdnsRegistryOptions, mdnsRegistry } from "@rpc/registry-mdns";
import { encode } from "dns-packet";
import { freePorts } from "../servers/free-ports.js";
import { atEnd, type Ending } from "../wire/ground/at-end.js";
import { busyMs } from "./busy.js";

registrySuite(
  "multicast DNS on loopback",
  async () => {
    const [port] = await freePorts(1);
    const cluster = randomUUID();
    const open = () => mdnsRegistry({ interface: "127.0.0.1", port: port!, cluster, listenMs: 200 });
    return { registry: open(), again: async () => open(), close: async () => {} };
  },
  { states: false },
);

const { signal: never } = new AbortController();
const entryOf = (id: string, service = "Prices") => ({
  ...{ service, id, address: "tcp://127.0.0.1:7001", weight: 1, tags: {}, inactive: false },
});
const ids = (list: readonly Endpoint[]): string => list.map(({ id }) => id).join();

function open(t: Ending, port: number, options: MdnsRegistryOptions = {}): Registry {
  const registry = mdnsRegistry({ interface: "127.0.0.1", port, ttlMs: 1_000, listenMs: 100, ...options });
  atEnd(t, () => registry.close());
  return registry;
}

/** Sends what it likes to the group. */
async function speaker(t: Ending, port: number): Promise<(bytes: Uint8Array) => Promise<void>> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  socket.setMulticastInterface("127.0.0.1");
  atEnd(t, () => socket.close());
  return (bytes) =>
    new Promise((resolve, reject) =>
      socket.send(bytes, port, "224.0.0.251", (error) => (error ? reject(error) : resolve())),
    );
}

const announcement = (name: string, text: string): Uint8Array =>
  encode({ type: "response", answers: [{ type: "TXT", name, ttl: 60, data: [Buffer.from(text)] }] });

test("a process that dies without a word is off the lists when its announcement ends", async (t) => {
  const [port] = await freePorts(1);
  const heard: Uint8Array[] = [];
  const ear = createSocket({ type: "udp4", reuseAddr: true });
  await new Promise<void>((resolve) => ear.bind(port!, "224.0.0.251", resolve));
  ear.addMembership("224.0.0.251", "127.0.0.1");
  atEnd(t, () => ear.close());
  ear.on("message", (bytes) => heard.push(bytes));
  const dying = open(t, port!);
  const lease = await dying.register([entryOf("p-1")]);
  const [announced] = heard;
  await lease.release();
  const watch = open(t, port!).watch("Prices", never)[Symbol.asyncIterator]();
  assert.equal(ids((await watch.next()).value), "");
  const say = await speaker(t, port!);
  await say(announced!); // as if it had been there a moment ago
  assert.equal(ids((await watch.next()).value), "p-1");
  const startedAt = performance.now();
  assert.equal(ids((await watch.next()).value), "");
  assert.ok(performance.now() - startedAt <= 1_000 + busyMs);
});

test("a process that lives on stays on the lists, and one that comes is seen within a moment", async (t) => {
  const [port] = await freePorts(1);
  const watcher = open(t, port!);
  const watch = watcher.watch("Prices", never)[Symbol.asyncIterator]();
  await watch.next();
  // The quickest of three: a busy machine holds up one or the other.
  let tookMs = Number.POSITIVE_INFINITY;
  for (const known of ["p-1", "p-1,p-2", "p-1,p-2,p-3"]) {
    const startedAt = performance.now();
    await open(t, port!).register([entryOf(known.slice(-3))]);
    assert.equal(ids((await watch.next()).value), known);
    tookMs = Math.min(tookMs, performance.now() - startedAt);
  }
  assert.ok(tookMs <= 1_000, `${tookMs} ms`);
  const changed = watch.next().then(() => "changed");
  const later = new Promise<string>((resolve) => setTimeout(() => resolve("still there"), 2_500));
  assert.equal(await Promise.race([changed, later]), "still there");
  assert.equal(ids(await watcher.list("Prices", never)), "p-1,p-2,p-3");
});

test("garbage, other people's services and other versions are skipped, ours logged once by name; the rest is listed", async (t) => {
  const [port] = await freePorts(1);
  const told: string[] = [];
  const logger = {
    ...silent,
    warn: (_: string, fields?: Readonly<Record<string, unknown>>) => told.push(String(fields?.["key"])),
  };
  const registry = open(t, port!, { logger });
  await registry.register([entryOf("p-1")]);
  await registry.list("Prices", never);
  const say = await speaker(t, port!);
  const bad = {
    a: "not ours",
    b: '{"version":2}',
    c: '{"version":1,"cluster":"default","lease":"x","revision":1,"registeredAt":1,"entry":{}}',
    d: '{"version":1,"cluster":"default","lease":"x","revision":1,"registeredAt":1,"entry":{"service":"Prices","id":"evil","address":"tcp://a:1"}}',
    e: '{"version":1,"cluster":"default","entry":',
  };
  for (let round = 0; round < 2; round++) {
    await say(Buffer.from("no DNS at all"));
    await say(announcement("printer._ipp._tcp.local", "x"));
    for (const [name, text] of Object.entries(bad)) await say(announcement(`${name}._rpc._tcp.local`, text));
  }
  assert.equal(ids(await registry.list("Prices", never)), "p-1");
  assert.deepEqual(
    told.sort(),
    Object.keys(bad).map((name) => `${name}._rpc._tcp.local`),
  );
});

test("clusters of one network know nothing of each other", async (t) => {
  const [port] = await freePorts(1);
  const [blue, blue2] = [open(t, port!, { cluster: "blue" }), open(t, port!, { cluster: "blue2" })];
  await Promise.all([blue.register([entryOf("p-1")]), blue2.register([entryOf("p-2")])]);
  assert.equal(ids(await blue.list("Prices", never)), "p-1");
  assert.equal(ids(await blue2.list("Prices", never)), "p-2");
});

test("an update that is late on the way does not bring back what replaced it", async (t) => {
  const [port] = await freePorts(1);
  const heard: Uint8Array[] = [];
  const ear = createSocket({ type: "udp4", reuseAddr: true });
  await new Promise<void>((resolve) => ear.bind(port!, "224.0.0.251", resolve));
  ear.addMembership("224.0.0.251", "127.0.0.1");
  atEnd(t, () => ear.close());
  ear.on("message", (bytes) => heard.push(bytes));
  const registry = open(t, port!);
  const watcher = open(t, port!);
  const lease = await registry.register([entryOf("p-1")]);
  assert.equal(ids(await watcher.list("Prices", never)), "p-1");
  await lease.update([{ ...entryOf("p-1"), weight: 5 }]);
  const say = await speaker(t, port!);
  await say(heard[0]!);
  const [seen] = await watcher.list("Prices", never);
  assert.equal(seen?.weight, 5);
});

test("an interface that is not there fails what is registered, and says what to look at", async (t) => {
  const [port] = await freePorts(1);
  const registry = open(t, port!, { interface: "192.0.2.1" });
  await assert.rejects(
    registry.register([entryOf("p-1")]),
    (error) => error instanceof RpcError && error.code === "unavailable" && /multicast/.test(error.message),
  );
});

const wrong: readonly (readonly [object, RegExp])[] = [
  [{ interface: "lo" }, /interface must be/],
  [{ port: 0 }, /port/],
  [{ cluster: "a b" }, /cluster/],
  [{ ttlMs: 10 }, /ttlMs/],
  [{ listenMs: 0 }, /listenMs/],
  [{ ttl: 1 }, /no option "ttl"/],
];
for (const [options, says] of wrong) {
  test(`${JSON.stringify(options)} is refused at once, in words that name it`, () => {
    const named = (error: unknown) =>
      error instanceof RpcError && error.reason === "BAD_OPTION" && says.test(error.message);
    assert.throws(() => mdnsRegistry(options as MdnsRegistryOptions), named);
  });
}
