import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { p2cPeakEwma } from "@rpc/balancer";
import { bind, connect, defineService, type Endpoint, type Registry, RpcError, serve, silent } from "@rpc/core";
import { type RedisRegistryOptions, redisRegistry } from "@rpc/registry-redis";
import { Redis } from "ioredis";
import { openProxy } from "../proxy/open-proxy.js";
import { freePorts } from "../servers/free-ports.js";
import { openRedis, redisMissing } from "../servers/redis.js";
import { certify } from "../trust/certificates/certificate.js";
import { atEnd } from "../wire/ground/at-end.js";
import { busyMs } from "./busy.js";

/** Short, so that a test need not wait ten seconds. */
const ttlMs = 1_500;
const timeoutMs = 500;
const { signal: never } = new AbortController();
const entryOf = (id: string, service = "Prices") => ({
  ...{ service, id, address: `tcp://127.0.0.1:7001`, weight: 1, tags: {}, inactive: false },
});

function open(t: Parameters<typeof atEnd>[0], port: number, options: RedisRegistryOptions = {}): Registry {
  const registry = redisRegistry({ url: `redis://127.0.0.1:${port}`, ttlMs, timeoutMs, ...options });
  atEnd(t, () => registry.close());
  return registry;
}

const portOf = (address: string): number => Number(new URL(address).port);

/** Reads a watch until a list has these ids; resolves to how long that took, in ms. */
async function until(watch: AsyncIterator<readonly Endpoint[]>, ids: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const { value, done } = await watch.next();
    assert.ok(!done, "the watch ended");
    if (value.map(({ id }: Endpoint) => id).join() === ids.join()) return performance.now() - startedAt;
  }
}

const watching = (registry: Registry, service = "Prices") => registry.watch(service, never)[Symbol.asyncIterator]();

/** A client of Redis that does what no registry would. */
function vandal(t: Parameters<typeof atEnd>[0], port: number): Redis {
  const redis = new Redis({ port, host: "127.0.0.1" });
  atEnd(t, () => redis.disconnect());
  return redis;
}

test("a process that falls silent is off the lists when its lease ends, and a new instance at its address stays", {
  skip: redisMissing,
}, async (t) => {
  const { port } = await openRedis(t);
  const proxy = await openProxy({ target: `tcp://127.0.0.1:${port}` });
  atEnd(t, () => proxy.close());
  const old = open(t, portOf(proxy.address));
  await old.register([entryOf("start-1")]);
  const watch = watching(open(t, port));
  await until(watch, ["start-1"]);
  proxy.refuse(true);
  proxy.passages[0]!.blackHole();
  await open(t, port).register([entryOf("start-2")]);
  const tookMs = await until(watch, ["start-2"]);
  assert.ok(tookMs <= ttlMs + busyMs, `${tookMs} ms`);
});

test("a change whose message got lost is seen when the next look is due", { skip: redisMissing }, async (t) => {
  const { port } = await openRedis(t);
  // Longer than a machine that is busy stands still: what is looked for hangs on the lease of what stands there already.
  const lookMs = 3 * ttlMs;
  const registry = open(t, port, { ttlMs: lookMs });
  await registry.register([entryOf("p-1")]);
  const watch = watching(registry);
  await until(watch, ["p-1"]);
  // As if the message about it had never come.
  const key = "{rpc:default}:service:Prices";
  const stored = String(await vandal(t, port).hget(key, "p-1"));
  await vandal(t, port).hset(key, "p-2", stored);
  const tookMs = await until(watch, ["p-1", "p-2"]);
  assert.ok(tookMs <= lookMs + busyMs, `${tookMs} ms`);
});

test("where the data is wiped each process learns that its lease is lost, all that stood under it, and may register again", {
  skip: redisMissing,
}, async (t) => {
  const { port } = await openRedis(t);
  const registry = open(t, port);
  const lease = await registry.register([entryOf("p-1"), entryOf("p-1", "Stock")]);
  await vandal(t, port).flushall();
  assert.match((await lease.lost).message, /knows nothing any more/);
  await registry.register([entryOf("p-1"), entryOf("p-1", "Stock")]);
  assert.equal((await registry.list("Stock", never)).length, 1);
});

test("a server whose clock jumps an hour ahead loses nobody for long: who lives learns it and registers again", {
  skip: redisMissing,
}, async (t) => {
  const { port } = await openRedis(t);
  const registry = open(t, port);
  const lease = await registry.register([entryOf("p-1")]);
  const redis = vandal(t, port);
  const [id] = await redis.zrange("{rpc:default}:leases", "0", "-1");
  // What it comes to: every lease has ended an hour ago.
  await redis.zincrby("{rpc:default}:leases", -3_600_000, String(id));
  assert.deepEqual(await registry.list("Prices", never), []);
  const startedAt = performance.now();
  await lease.lost;
  assert.ok(performance.now() - startedAt <= ttlMs / 3 + busyMs);
  await registry.register([entryOf("p-1")]);
  assert.equal((await registry.list("Prices", never)).length, 1);
});

test("a lease of which only a part is gone counts as lost", { skip: redisMissing }, async (t) => {
  const { port } = await openRedis(t);
  const lease = await open(t, port).register([entryOf("p-1"), entryOf("p-1", "Stock")]);
  await vandal(t, port).del("{rpc:default}:service:Stock");
  await lease.lost;
});

test("Redis killed and started again, empty: what is served is registered again and found, and no call fails", {
  skip: redisMissing,
}, async (t) => {
  const redis = await openRedis(t);
  const Greeter = defineService<{ greet(name: string): string }>("Greeter", { greet: { idempotent: true } });
  const server = await serve({
    services: [bind(Greeter, { greet: (name) => `Hello, ${name}` })],
    listen: "tcp://127.0.0.1:0",
    registry: open(t, redis.port),
  });
  atEnd(t, () => server.close());
  const connector = connect({ registry: open(t, redis.port), balancer: p2cPeakEwma });
  atEnd(t, () => connector.close());
  const greeter = connector.client(Greeter);
  await greeter.greet("the list is known");
  let failed = 0;
  let calls = 0;
  const stop = new AbortController();
  const load = (async () => {
    while (!stop.signal.aborted) {
      calls++;
      await greeter.greet("you").catch(() => failed++);
      await delay(5);
    }
  })();
  await redis.kill();
  await delay(1_000); // an outage that lasts
  await redis.start({ wiped: true });
  const watcher = open(t, redis.port);
  const startedAt = performance.now();
  while ((await watcher.list("Greeter", never).catch(() => [])).length === 0) await delay(20);
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs <= 2 * ttlMs + busyMs, `registered again after ${tookMs} ms`);
  stop.abort();
  await load;
  assert.ok(calls > 10, `${calls} calls`);
  assert.equal(failed, 0);
});

test("a Redis that is stopped is noticed within seconds: a list fails and names it, a watch is lost, and both work when it goes on", {
  skip: redisMissing,
}, async (t) => {
  const redis = await openRedis(t);
  const registry = open(t, redis.port);
  await registry.register([entryOf("p-1")]);
  const watch = watching(registry);
  await until(watch, ["p-1"]);
  await redis.pause();
  const startedAt = performance.now();
  const named = (error: unknown): boolean =>
    error instanceof RpcError &&
    error.code === "unavailable" &&
    error.message.includes(`Redis at 127.0.0.1:${redis.port}`);
  await assert.rejects(registry.list("Prices", never), named);
  assert.ok(performance.now() - startedAt <= 2 * timeoutMs + busyMs);
  await assert.rejects(watch.next(), named);
  assert.ok(performance.now() - startedAt <= ttlMs + 2 * timeoutMs + busyMs);
  redis.resume();
  const again = open(t, redis.port);
  await again.register([entryOf("p-2")]);
  assert.ok((await registry.list("Prices", never).catch(() => again.list("Prices", never))).length >= 1);
});

test("a connection that died in silence ends its watches within seconds, though nobody asks anything", {
  skip: redisMissing,
}, async (t) => {
  const { port } = await openRedis(t);
  const proxy = await openProxy({ target: `tcp://127.0.0.1:${port}` });
  atEnd(t, () => proxy.close());
  const watch = watching(open(t, portOf(proxy.address)));
  await watch.next();
  proxy.passages[0]!.blackHole();
  const startedAt = performance.now();
  await assert.rejects(watch.next(), /the connection to Redis was lost|cannot list/);
  assert.ok(performance.now() - startedAt <= ttlMs / 3 + 2 * timeoutMs + busyMs, `${performance.now() - startedAt} ms`);
});

test("a subscription that Redis refuses after a loss fails the watch, and not the process; a later watch is answered", {
  skip: redisMissing,
}, async (t) => {
  const { port } = await openRedis(t);
  const registry = open(t, port);
  const watch = watching(registry);
  await watch.next();
  const admin = vandal(t, port);
  await admin.acl("SETUSER", "default", "resetchannels");
  await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
  await assert.rejects(watch.next(), /the connection to Redis was lost/);
  // Answered behind whatever was sent when the connection came back: what nobody has heard of fails this test by then.
  assert.deepEqual(await registry.list("Prices", never), []);
  await assert.rejects(watching(registry).next(), /subscribe to changes.*NOPERM/s);
  await admin.acl("SETUSER", "default", "allchannels");
  assert.deepEqual((await watching(registry).next()).value, []);
});

test("a wrong password, and a user without rights, are named as that, without the password", {
  skip: redisMissing,
}, async (t) => {
  const { port } = await openRedis(t, ["--requirepass", "right"]);
  const admin = new Redis({ port, host: "127.0.0.1", password: "right" });
  atEnd(t, () => admin.disconnect());
  await admin.acl("SETUSER", "poor", "on", ">poor", "~*", "&*", "+@connection", "+info");
  const url = (who: string): string => `redis://${who}127.0.0.1:${port}`;
  const refused = (code: string) => (error: unknown) =>
    error instanceof RpcError && error.code === code && !/wrong|secret/.test(error.message);
  await assert.rejects(open(t, port, { url: url("") }).list("Prices", never), refused("unauthenticated"));
  await assert.rejects(open(t, port, { url: url(":secret@") }).list("Prices", never), refused("unauthenticated"));
  await assert.rejects(open(t, port, { url: url("poor:poor@") }).list("Prices", never), refused("permission_denied"));
  await open(t, port, { url: url(":right@") }).register([entryOf("p-1")]);
  assert.equal((await open(t, port, { password: "right" }).list("Prices", never)).length, 1);
});

test("TLS: the server's certificate is verified whatever the options say, and one's own is shown", {
  skip: redisMissing,
}, async (t) => {
  const authority = certify({ name: "authority", usage: "authority" });
  const server = certify({ name: "redis", altNames: ["IP:127.0.0.1"], by: authority });
  const client = certify({ name: "app", by: authority, usage: "client" });
  const folder = await mkdtemp(join(tmpdir(), "rpc-redis-tls-"));
  atEnd(t, () => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ ca: authority.certificate, cert: server.certificate, key: server.key }))
    await writeFile(join(folder, name), text);
  const [securePort] = await freePorts(1);
  const { port } = await openRedis(t, [
    ...["--tls-port", String(securePort), "--tls-ca-cert-file", join(folder, "ca")],
    ...["--tls-cert-file", join(folder, "cert"), "--tls-key-file", join(folder, "key")],
  ]);
  const url = `rediss://127.0.0.1:${securePort}`;
  const ca = authority.certificate;
  const tls = { ca, cert: client.certificate, key: client.key };
  await open(t, port, { url, tls }).register([entryOf("p-1")]);
  assert.equal((await open(t, port).list("Prices", never)).length, 1);
  const strangers = [{ ca }, { cert: tls.cert, key: tls.key, rejectUnauthorized: false }];
  for (const wrong of strangers) {
    await assert.rejects(open(t, port, { url, tls: wrong }).list("Prices", never), /cannot list Prices in Redis/);
  }
});

test("garbage and half-written entries are skipped and logged once, by key; the rest is listed", {
  skip: redisMissing,
}, async (t) => {
  const { port } = await openRedis(t);
  const told: unknown[] = [];
  const logger = {
    ...silent,
    warn: (_message: string, fields?: Readonly<Record<string, unknown>>) => told.push(fields?.["key"]),
  };
  const registry = open(t, port, { logger });
  await registry.register([entryOf("p-1")]);
  const key = "{rpc:default}:service:Prices";
  const lease = String(await vandal(t, port).hget(key, "p-1")).split(" ")[0];
  const garbage = ["not ours", `${lease} {"address":"tcp`, `${lease} null`, `${lease} {"address":7}`, ""];
  for (const [place, text] of garbage.entries()) await vandal(t, port).hset(key, `g-${place}`, text);
  await vandal(t, port).hset("{rpc:default}:state:Prices", "wp-1", "many");
  for (let round = 0; round < 3; round++) assert.deepEqual(await registry.list("Prices", never), []);
  await vandal(t, port).del("{rpc:default}:state:Prices");
  const [only, ...none] = await registry.list("Prices", never);
  assert.deepEqual([only?.id, none.length], ["p-1", 0]);
  assert.deepEqual(
    told.sort(),
    ["g-0", "g-1", "g-2", "g-3", "g-4", "p-1"].map((id) => `${key} ${id}`),
  );
});

test("a key that belongs to somebody else is named, and other services are not disturbed", {
  skip: redisMissing,
}, async (t) => {
  const { port } = await openRedis(t);
  const registry = open(t, port);
  await vandal(t, port).set("{rpc:default}:service:Prices", "mine");
  await registry.register([entryOf("p-1", "Stock")]);
  const wrongType = (error: unknown): boolean =>
    error instanceof RpcError &&
    error.code === "failed_precondition" &&
    /Prices.*WRONGTYPE.*prefix/s.test(error.message);
  await assert.rejects(registry.list("Prices", never), wrongType);
  assert.equal((await registry.list("Stock", never)).length, 1);
  assert.deepEqual((await registry.services(never)[Symbol.asyncIterator]().next()).value, ["Stock"]);
});

test("two clusters under one prefix, and prefixes that begin alike, know nothing of each other", {
  skip: redisMissing,
}, async (t) => {
  const { port } = await openRedis(t);
  const places = [{}, { cluster: "blue" }, { cluster: "blue2" }, { prefix: "rp" }, { prefix: "rpc2" }, { database: 1 }];
  const registries = places.map((place) => open(t, port, place));
  await Promise.all(registries.map((registry, place) => registry.register([entryOf(`p-${place}`)])));
  for (const [place, registry] of registries.entries())
    assert.deepEqual(
      (await registry.list("Prices", never)).map(({ id }) => id),
      [`p-${place}`],
    );
});

test("a hundred processes that are cut off at once come back one after the other", {
  skip: redisMissing,
}, async (t) => {
  const { port } = await openRedis(t);
  const cameAt: number[] = [];
  const proxy = await openProxy({
    target: `tcp://127.0.0.1:${port}`,
    script: () => {
      cameAt.push(performance.now());
      return {};
    },
  });
  atEnd(t, () => proxy.close());
  const patient = { ttlMs: 60_000, timeoutMs: 20_000 };
  const registries = Array.from({ length: 100 }, () => open(t, portOf(proxy.address), patient));
  await Promise.all(registries.map((registry, place) => registry.register([entryOf(`p-${place}`)])));
  cameAt.length = 0;
  for (const passage of proxy.passages) passage.reset();
  while (cameAt.length < 100) await delay(5);
  const spreadMs = Math.max(...cameAt) - Math.min(...cameAt);
  assert.ok(spreadMs >= 50, `all within ${spreadMs} ms`);
  const watcher = open(t, port, patient);
  while ((await watcher.list("Prices", never)).length < 100) await delay(20);
});
