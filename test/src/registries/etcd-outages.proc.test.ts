import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { RpcError } from "@rpc/core";
import { type EtcdRegistryOptions, etcdRegistry } from "@rpc/registry-etcd";
import { openProxy } from "../proxy/open-proxy.js";
import { openEtcd, etcdMissing as skip } from "../servers/etcd.js";
import { certify } from "../trust/certificates/certificate.js";
import { atEnd, type Ending } from "../wire/ground/at-end.js";
import { etcdctl, etcdKind } from "./etcd-kind.js";
import { backMs, entryOf, never, opened, outageTests, timeoutMs, ttlMs } from "./outages.js";
import { seen } from "./seen.js";

outageTests(etcdKind);

function open(t: Ending, options: EtcdRegistryOptions) {
  const registry = etcdRegistry({ ttlMs, timeoutMs, ...options });
  atEnd(t, () => registry.close());
  return registry;
}

const refused = (code: string) => (error: unknown) =>
  error instanceof RpcError &&
  error.code === code &&
  error.reason === "REGISTRY_FAILED" &&
  !/secret/.test(error.message);

test("etcd: a watch whose place in the history was compacted away meanwhile sees what it missed", {
  skip,
}, async (t) => {
  const { port } = await openEtcd(t);
  const proxy = await openProxy({ target: `tcp://127.0.0.1:${port}` });
  atEnd(t, () => proxy.close());
  const list = seen(t, opened(t, etcdKind, Number(new URL(proxy.address).port)));
  const registry = opened(t, etcdKind, port);
  const lease = await registry.register([entryOf("p-1")]);
  await list.until("p-1", backMs);
  proxy.refuse(true);
  for (const passage of proxy.passages) passage.reset();
  for (let weight = 2; weight < 10; weight++) await lease.update([{ ...entryOf("p-1"), weight }]);
  await lease.update([entryOf("p-2")]);
  const status = JSON.parse(await etcdctl(port, ["endpoint", "status", "-w", "json"])) as [
    { Status: { header: { revision: number } } },
  ];
  await etcdctl(port, ["compaction", String(status[0].Status.header.revision)]);
  proxy.refuse(false);
  await list.until("p-2", backMs);
  await lease.update([entryOf("p-3")]);
  await list.until("p-3", backMs);
});

/** How long a thousand watches may take, in ms, all in one process that others hold up: less than until lists are asked for anyway. */
const manyMs = 40_000;

test("etcd: a thousand watches are back within seconds after it was killed", { skip }, async (t) => {
  const etcd = await openEtcd(t);
  const watching = opened(t, etcdKind, etcd.port);
  const services = Array.from({ length: 1_000 }, (_, n) => `Service${n}`);
  const lists = services.map((service) => seen(t, watching, service));
  const registry = opened(t, etcdKind, etcd.port);
  const lease = await registry.register(services.map((service) => entryOf("p-1", service)));
  await Promise.all(lists.map((list) => list.until("p-1", manyMs)));
  await etcd.kill();
  await etcd.start();
  await lease
    .update(services.map((service) => entryOf("p-2", service)))
    .catch(() => registry.register(services.map((service) => entryOf("p-2", service))));
  await Promise.all(lists.map((list) => list.until("p-2", manyMs)));
});

test("etcd: users are told apart, by name and right and without their passwords; a restart, which forgets who has logged in, is lived through", {
  skip,
}, async (t) => {
  const etcd = await openEtcd(t);
  const { port } = etcd;
  for (const command of [
    "user add root:root-secret",
    "user grant-role root root",
    "role add rpc",
    "role grant-permission rpc --prefix=true readwrite rpc/",
    "user add rpc:rpc-secret",
    "user grant-role rpc rpc",
    "user add poor:poor-secret",
    "auth enable",
  ])
    await etcdctl(port, command.split(" "));
  const hosts = `http://127.0.0.1:${port}`;
  const as = (username: string, password: string) => open(t, { hosts, credentials: { username, password } });
  await assert.rejects(open(t, { hosts }).list("Prices", never), refused("unauthenticated"));
  await assert.rejects(as("rpc", "secret").list("Prices", never), refused("unauthenticated"));
  await assert.rejects(as("rpc", "secret").register([entryOf("p-1")]), refused("unauthenticated"));
  await assert.rejects(as("poor", "poor-secret").list("Prices", never), refused("permission_denied"));
  await assert.rejects(as("poor", "poor-secret").register([entryOf("p-1")]), refused("permission_denied"));
  const registry = as("rpc", "rpc-secret");
  const lease = await registry.register([entryOf("p-1")]);
  const list = seen(t, registry);
  await list.until("p-1", backMs);
  await etcd.kill();
  await etcd.start();
  await lease.update([entryOf("p-2")]);
  await list.until("p-2", backMs);
});

test("etcd: TLS, with the certificates of both sides verified", { skip }, async (t) => {
  const authority = certify({ name: "authority", usage: "authority" });
  const server = certify({ name: "etcd", altNames: ["DNS:localhost"], by: authority });
  const client = certify({ name: "app", by: authority, usage: "client" });
  const stranger = certify({ name: "authority", usage: "authority" });
  const folder = await mkdtemp(join(tmpdir(), "rpc-etcd-tls-"));
  atEnd(t, () => rm(folder, { recursive: true, force: true }));
  const files = { ca: authority.certificate, cert: server.certificate, key: server.key };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  const { port } = await openEtcd(t, {
    tls: { cert: join(folder, "cert"), key: join(folder, "key"), clientAuthority: join(folder, "ca") },
  });
  const hosts = `https://localhost:${port}`;
  const own = { cert: client.certificate, key: client.key };
  const trusted = open(t, { hosts, tls: { ca: { file: join(folder, "ca") }, ...own } });
  await trusted.register([entryOf("p-1")]);
  assert.equal((await trusted.list("Prices", never)).length, 1);
  for (const tls of [{ ca: stranger.certificate, ...own }, { ca: authority.certificate }])
    await assert.rejects(open(t, { hosts, tls }).list("Prices", never), refused("unavailable"));
  await assert.rejects(open(t, { hosts }).list("Prices", never), refused("unavailable"));
});
