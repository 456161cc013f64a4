import { randomUUID } from "node:crypto";
import { describe } from "node:test";
import { registrySuite } from "@rpc/core/testing";
import { zookeeperRegistry } from "@rpc/registry-zookeeper";
import { sharedServer } from "../servers/shared-server.js";
import { openZookeeper, zookeeperMissing } from "../servers/zookeeper.js";
import { answerMs } from "./busy.js";

describe("a registry in ZooKeeper", { skip: zookeeperMissing }, () => {
  const zookeeper = sharedServer(openZookeeper);
  registrySuite("ZooKeeper", async () => {
    const cluster = randomUUID();
    const open = () => zookeeperRegistry({ hosts: `127.0.0.1:${zookeeper().port}`, cluster, timeoutMs: answerMs });
    return { registry: open(), again: async () => open(), close: async () => {} };
  });
});
