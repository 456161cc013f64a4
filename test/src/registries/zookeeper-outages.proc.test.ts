import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { RpcError } from "@rpc/core";
import { type ZookeeperRegistryOptions, zookeeperRegistry } from "@rpc/registry-zookeeper";
import { openProxy, type ProxyOptions } from "../proxy/open-proxy.js";
import { openZookeeper, zookeeperMissing as skip } from "../servers/zookeeper.js";
import { certify } from "../trust/certificates/certificate.js";
import { atEnd, type Ending } from "../wire/ground/at-end.js";
import { backMs, entryOf, never, opened, outageTests, timeoutMs, ttlMs } from "./outages.js";
import { seen } from "./seen.js";
import { zookeeperKind } from "./zookeeper-kind.js";

outageTests(zookeeperKind);

function open(t: Ending, options: ZookeeperRegistryOptions) {
  const registry = zookeeperRegistry({ ttlMs, timeoutMs, ...options });
  atEnd(t, () => registry.close());
  return registry;
}

async function behind(t: Ending, port: number, script: NonNullable<ProxyOptions["script"]>): Promise<number> {
  const proxy = await openProxy({ target: `tcp://127.0.0.1:${port}`, script });
  atEnd(t, () => proxy.close());
  return Number(new URL(proxy.address).port);
}

const refused = (code: string) => (error: unknown) =>
  error instanceof RpcError &&
  error.code === code &&
  error.reason === "REGISTRY_FAILED" &&
  !/secret/.test(error.message);

/** Registers, again and again until it works; resolves to how long that took, in ms. */
async function registering(t: Ending, port: number, id: string): Promise<number> {
  const registry = opened(t, zookeeperKind, port);
  const startedAt = performance.now();
  for (;;) {
    try {
      await registry.register([entryOf(id)]);
      return performance.now() - startedAt;
    } catch {
      await delay(50);
    }
  }
}

test("ZooKeeper: connections that are taken and never answered are given up, and the next one works", {
  skip,
}, async (t) => {
  const { port } = await openZookeeper(t);
  const through = await behind(t, port, (number) =>
    number < 2 ? { down: { accident: { afterBytes: 0, what: "stall" } } } : {},
  );
  const tookMs = await registering(t, through, "p-1");
  assert.ok(tookMs >= 3_000 && tookMs < 3_000 + backMs, `${tookMs} ms`);
});

test("ZooKeeper: a reply that is cut off anywhere costs that connection, and not the client", { skip }, async (t) => {
  const { port } = await openZookeeper(t);
  const cuts = [1, 3, 4, 5, 20, 40, 41, 43, 45, 50, 60, 61, 70, 90, 120, 160];
  await Promise.all(
    cuts.map(async (afterBytes) => {
      const through = await behind(t, port, (number) =>
        number === 0 ? { down: { accident: { afterBytes, what: "reset" } } } : {},
      );
      await registering(t, through, `cut-${afterBytes}`);
      const list = seen(t, opened(t, zookeeperKind, through));
      await list.until(
        cuts
          .map((cut) => `cut-${cut}`)
          .sort()
          .join(" "),
        15_000,
      );
    }),
  );
});

test("ZooKeeper: two hundred clients that lose it at once come back one after the other, and all within seconds", {
  skip,
}, async (t) => {
  const zookeeper = await openZookeeper(t);
  const cameAt: number[] = [];
  const through = await behind(t, zookeeper.port, () => {
    cameAt.push(performance.now());
    return {};
  });
  const lists = Array.from({ length: 200 }, () => seen(t, opened(t, zookeeperKind, through)));
  // Nobody registers it again: its session has to outlast the outage.
  const lasting = open(t, { hosts: `127.0.0.1:${zookeeper.port}`, ttlMs: 10_000 });
  await lasting.register([entryOf("p-1")]);
  await Promise.all(lists.map((list) => list.until("p-1", 20_000)));
  await zookeeper.kill();
  await delay(1_500);
  cameAt.length = 0;
  await zookeeper.start();
  await registering(t, zookeeper.port, "p-2");
  await Promise.all(lists.map((list) => list.until("p-1 p-2", 20_000)));
  const spreadMs = Math.max(...cameAt) - Math.min(...cameAt);
  assert.ok(spreadMs >= 200, `all came within ${spreadMs} ms`);
});

test("ZooKeeper: what belongs to some credentials is closed to others, and to none, and they are in no message", {
  skip,
}, async (t) => {
  const { port } = await openZookeeper(t);
  const hosts = `127.0.0.1:${port}`;
  const as = (username: string, password: string) => open(t, { hosts, credentials: { username, password } });
  const owner = as("rpc", "rpc-secret");
  await owner.register([entryOf("p-1")]);
  assert.equal((await as("rpc", "rpc-secret").list("Prices", never)).length, 1);
  for (const other of [as("rpc", "secret"), as("other", "rpc-secret"), open(t, { hosts })]) {
    await assert.rejects(other.list("Prices", never), refused("permission_denied"));
    await assert.rejects(other.register([entryOf("p-2")]), refused("permission_denied"));
    await assert.rejects(other.setState("Prices", "p-1", { weight: 2 }), refused("permission_denied"));
  }
  await owner.setState("Prices", "p-1", { weight: 2 });
});

test("ZooKeeper: TLS, with its certificate and name verified", { skip }, async (t) => {
  const authority = certify({ name: "authority", usage: "authority" });
  const server = certify({ name: "zookeeper", altNames: ["IP:127.0.0.1"], by: authority });
  const folder = await mkdtemp(join(tmpdir(), "rpc-zookeeper-tls-"));
  atEnd(t, () => rm(folder, { recursive: true, force: true }));
  const pem = join(folder, "server.pem");
  await writeFile(pem, `${server.key}${server.certificate}`, { mode: 0o600 });
  const { port } = await openZookeeper(t, { pem });
  const hosts = `127.0.0.1:${port + 1}`;
  // Its first handshake takes Java a while.
  const patient = { hosts, timeoutMs: 20_000, tls: { ca: authority.certificate } };
  await open(t, patient).register([entryOf("p-1")]);
  assert.equal((await opened(t, zookeeperKind, port).list("Prices", never)).length, 1);
  await assert.rejects(open(t, { hosts, tls: {} }).list("Prices", never), refused("unavailable"));
});
