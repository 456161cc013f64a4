import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Endpoint, type Registry, RpcError, silent } from "@rpc/core";
import { type ConsulRegistryOptions, consulRegistry } from "@rpc/registry-consul";
import { openProxy } from "../proxy/open-proxy.js";
import { consulMissing, openConsul } from "../servers/consul.js";
import { freePorts } from "../servers/free-ports.js";
import { certify } from "../trust/certificates/certificate.js";
import { atEnd, type Ending } from "../wire/ground/at-end.js";
import { busyMs } from "./busy.js";

const skip = consulMissing;
const { signal: never } = new AbortController();
const times = { ttlMs: 1_000, timeoutMs: 1_000, waitMs: 500 } as const;
const entryOf = (id: string, service = "Prices") => ({
  ...{ service, id, address: "tcp://127.0.0.1:7001", weight: 1, tags: {}, inactive: false },
});
const ids = (list: readonly Endpoint[]): string => list.map(({ id }) => id).join();

function open(t: Ending, port: number, options: ConsulRegistryOptions = {}): Registry {
  const registry = consulRegistry({ url: `http://127.0.0.1:${port}`, ...times, ...options });
  atEnd(t, () => registry.close());
  return registry;
}

const put = (port: number, path: string, body: object): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, { method: "PUT", body: JSON.stringify(body) });

async function until(watch: AsyncIterator<readonly Endpoint[]>, wanted: string): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const { value, done } = await watch.next();
    assert.ok(!done, "the watch ended");
    if (ids(value) === wanted) return performance.now() - startedAt;
  }
}

test("a process that falls silent is off the lists when its checks run out, and a new instance at its address stays", {
  skip,
}, async (t) => {
  const { port } = await openConsul(t);
  const proxy = await openProxy({ target: `tcp://127.0.0.1:${port}` });
  atEnd(t, () => proxy.close());
  await open(t, Number(new URL(proxy.address).port)).register([entryOf("start-1")]);
  const watch = open(t, port).watch("Prices", never)[Symbol.asyncIterator]();
  await until(watch, "start-1");
  proxy.refuse(true);
  for (const passage of proxy.passages) passage.blackHole();
  await open(t, port).register([entryOf("start-2")]);
  const tookMs = await until(watch, "start-2");
  assert.ok(tookMs <= times.ttlMs + busyMs, `${tookMs} ms`);
});

test("an agent that was killed and comes back empty: leases are lost, watches too, and all can be registered again", {
  skip,
}, async (t) => {
  const consul = await openConsul(t);
  const registry = open(t, consul.port);
  const lease = await registry.register([entryOf("p-1"), entryOf("p-1", "Stock")]);
  const watch = registry.watch("Prices", never)[Symbol.asyncIterator]();
  await until(watch, "p-1");
  await consul.kill();
  await assert.rejects(watch.next(), (error) => error instanceof RpcError && error.code === "unavailable");
  await assert.rejects(registry.list("Prices", never), new RegExp(`Consul at 127\\.0\\.0\\.1:${consul.port}`));
  await consul.start();
  assert.match((await lease.lost).message, /knows nothing any more/);
  await registry.register([entryOf("p-1"), entryOf("p-1", "Stock")]);
  assert.equal(ids(await registry.list("Stock", never)), "p-1");
});

test("an agent that stands still is noticed within seconds", { skip }, async (t) => {
  const consul = await openConsul(t);
  const registry = open(t, consul.port);
  const watch = registry.watch("Prices", never)[Symbol.asyncIterator]();
  await watch.next();
  await consul.pause();
  const startedAt = performance.now();
  await assert.rejects(registry.list("Prices", never), /no answer in 1000 ms/);
  await assert.rejects(watch.next(), /no answer/);
  assert.ok(performance.now() - startedAt <= 4_500);
  consul.resume();
  assert.equal(ids(await registry.list("Prices", never)), "");
});

test("an index that goes back is begun anew, and what changed meanwhile is seen", async (t) => {
  const asked: (string | null)[] = [];
  let listed: readonly object[] = [];
  const indices = [7, 50, 3, 3];
  const server = createServer((request, response) => {
    const index = new URL(String(request.url), "http://a").searchParams.get("index");
    const answer = (): void => {
      response.setHeader("x-consul-index", String(indices[Math.min(asked.length, indices.length) - 1] ?? 3));
      response.end(JSON.stringify(listed));
    };
    if (index === null) {
      response.setHeader("x-consul-index", "1");
      return response.end(JSON.stringify(listed));
    }
    asked.push(index);
    if (asked.length < 4) return answer();
    return setTimeout(answer, 200);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(t, () => server.closeAllConnections());
  atEnd(t, () => void server.close());
  const registry = open(t, (server.address() as AddressInfo).port);
  const watch = registry.watch("Prices", never)[Symbol.asyncIterator]();
  await watch.next();
  const entry = JSON.stringify({ version: 1, cluster: "default", revision: 1, registeredAt: 1, entry: entryOf("p-1") });
  listed = [{ Service: { ID: "a", Service: "prices", Tags: ["rpc"], Meta: { "rpc-0": entry } } }];
  await until(watch, "p-1");
  while (asked.length < 5) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(asked.slice(0, 5), ["0", "7", "50", "0", "3"]);
});

test("a token that is unknown, or none where one is needed, is named as that; the right one works", {
  skip,
}, async (t) => {
  const master = "11111111-2222-3333-4444-555555555555";
  const acl = { enabled: true, default_policy: "deny", tokens: { master } };
  const { port } = await openConsul(t, { acl });
  const refused = (error: unknown): boolean =>
    error instanceof RpcError && error.code === "permission_denied" && !error.message.includes("99999999");
  await assert.rejects(open(t, port).register([entryOf("p-1")]), refused);
  const wrong = open(t, port, { token: "99999999-2222-3333-4444-555555555555" });
  await assert.rejects(wrong.register([entryOf("p-1")]), refused);
  await assert.rejects(wrong.list("Prices", never), refused);
  const right = open(t, port, { token: master });
  await right.register([entryOf("p-1")]);
  assert.equal(ids(await right.list("Prices", never)), "p-1");
});

test("TLS: the agent's certificate is verified whatever the options say, and one's own is shown", {
  skip,
}, async (t) => {
  const authority = certify({ name: "authority", usage: "authority" });
  const server = certify({ name: "consul", altNames: ["IP:127.0.0.1"], by: authority });
  const client = certify({ name: "app", by: authority, usage: "client" });
  const folder = await mkdtemp(join(tmpdir(), "rpc-consul-tls-"));
  atEnd(t, () => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ ca: authority.certificate, cert: server.certificate, key: server.key }))
    await writeFile(join(folder, name), text);
  const [https] = await freePorts(1);
  const files = { ca_file: join(folder, "ca"), cert_file: join(folder, "cert"), key_file: join(folder, "key") };
  const { port } = await openConsul(t, { ports: { https }, verify_incoming_https: true, ...files });
  const url = `https://127.0.0.1:${https}`;
  const tls = { ca: authority.certificate, cert: client.certificate, key: client.key };
  await open(t, port, { url, tls }).register([entryOf("p-1")]);
  assert.equal(ids(await open(t, port).list("Prices", never)), "p-1");
  const strangers = [{ ca: tls.ca }, { cert: tls.cert, key: tls.key, rejectUnauthorized: false }];
  for (const wrong of strangers)
    await assert.rejects(open(t, port, { url, tls: wrong }).list("Prices", never), /cannot list Prices/);
});

test("garbage is skipped and logged once, by key; other people's services of the name, and other clusters, are none of ours", {
  skip,
}, async (t) => {
  const { port } = await openConsul(t);
  const told: unknown[] = [];
  const logger = {
    ...silent,
    warn: (_message: string, fields?: Readonly<Record<string, unknown>>) => told.push(fields?.["key"]),
  };
  const registry = open(t, port, { logger });
  await registry.register([entryOf("p-1")]);
  await open(t, port, { cluster: "blue" }).register([entryOf("p-2")]);
  await put(port, "/v1/agent/service/register", { ID: "theirs", Name: "prices", Port: 80 });
  const bad = { a: "not ours", b: '{"version":2}', c: '{"version":1,"cluster":"default"', d: "null" };
  for (const [id, text] of Object.entries(bad))
    await put(port, "/v1/agent/service/register", { ID: id, Name: "prices", Tags: ["rpc"], Meta: { "rpc-0": text } });
  await put(port, "/v1/agent/service/register", { ID: "e", Name: "prices", Tags: ["rpc"] });
  while (told.length < 5) assert.equal(ids(await registry.list("Prices", never)), "p-1");
  for (let round = 0; round < 3; round++) await registry.list("Prices", never);
  assert.deepEqual(
    told.sort(),
    ["a", "b", "c", "d", "e"].map((id) => `prices ${id}`),
  );
});

test("a state that an operator set goes with the revision it was set for: nothing of it is left in the catalogue", {
  skip,
}, async (t) => {
  const { port } = await openConsul(t);
  const registry = open(t, port);
  const lease = await registry.register([entryOf("p-1")]);
  await registry.setState("Prices", "p-1", { weight: 3, inactive: true });
  const states = async (): Promise<number> => {
    const rows = await (await fetch(`http://127.0.0.1:${port}/v1/catalog/service/prices?tag=rpc-state`)).json();
    return (rows as readonly unknown[]).length;
  };
  assert.equal(await states(), 2);
  await lease.update([entryOf("p-1")]);
  assert.equal(await states(), 0);
  await registry.setState("Prices", "p-1", { weight: 3 });
  await lease.release();
  assert.equal(await states(), 0);
});

const wrong: readonly (readonly [object, RegExp])[] = [
  [{ url: "consul:8500" }, /http:\/\/host:port/],
  [{ url: "http://a:1/v1" }, /http:\/\/host:port/],
  [{ url: "http://u:p@a:1" }, /say token/],
  [{ url: "http://10.0.0.1:8500", token: "secret" }, /unencrypted.*insecure: true/],
  [{ cluster: "" }, /cluster/],
  [{ ttlMs: 10 }, /ttlMs/],
  [{ waitMs: 1 }, /waitMs/],
  [{ timeoutMs: 0 }, /timeoutMs/],
  [{ datacenter: "a" }, /no option "datacenter"/],
];
for (const [options, says] of wrong) {
  test(`${JSON.stringify(options)} is refused at once, in words that name it`, () => {
    const named = (error: unknown) =>
      error instanceof RpcError &&
      error.reason === "BAD_OPTION" &&
      says.test(error.message) &&
      !/secret/.test(error.message);
    assert.throws(() => consulRegistry(options as ConsulRegistryOptions), named);
  });
}
