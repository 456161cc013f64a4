import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { ask } from "./ask.js";
import { etcdMissing, openEtcd } from "./etcd.js";
import { openRedis, redisMissing } from "./redis.js";
import { openZookeeper, zookeeperMissing } from "./zookeeper.js";

const etcdctl = (port: number, ...args: readonly string[]): string =>
  execFileSync("etcdctl", ["--endpoints", `http://127.0.0.1:${port}`, ...args], {
    env: { ...process.env, ETCDCTL_API: "3" },
    encoding: "utf8",
  });

test("an etcd of a test keeps its data over a kill on its port, and forgets it when it is wiped", {
  skip: etcdMissing,
}, async (t) => {
  const etcd = await openEtcd(t);
  etcdctl(etcd.port, "put", "a", "1");
  await etcd.kill();
  await etcd.start();
  assert.equal(etcdctl(etcd.port, "get", "--print-value-only", "a").trim(), "1");
  await etcd.stop();
  await etcd.start({ wiped: true });
  assert.equal(etcdctl(etcd.port, "get", "--print-value-only", "a").trim(), "");
});

test("a Redis of a test stands still when it is stopped, and answers when it goes on", {
  skip: redisMissing,
}, async (t) => {
  const redis = await openRedis(t);
  await redis.pause();
  await assert.rejects(ask(redis.port, "PING\r\n"));
  redis.resume();
  assert.equal(await ask(redis.port, "PING\r\n"), "+PONG\r\n");
  await assert.rejects(redis.start(), /still runs/);
});

test("a ZooKeeper of a test comes back on its port", { skip: zookeeperMissing }, async (t) => {
  const zookeeper = await openZookeeper(t);
  await zookeeper.stop();
  await assert.rejects(ask(zookeeper.port, "ruok"));
  await zookeeper.start();
  assert.equal(await ask(zookeeper.port, "ruok"), "imok");
});
