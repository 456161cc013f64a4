import { randomUUID } from "node:crypto";
import { describe } from "node:test";
import { registrySuite } from "@rpc/core/testing";
import { etcdRegistry } from "@rpc/registry-etcd";
import { etcdMissing, openEtcd } from "../servers/etcd.js";
import { sharedServer } from "../servers/shared-server.js";
import { answerMs } from "./busy.js";

describe("a registry in etcd", { skip: etcdMissing }, () => {
  const etcd = sharedServer(openEtcd);
  registrySuite("etcd", async () => {
    const cluster = randomUUID();
    const open = () => etcdRegistry({ hosts: `http://127.0.0.1:${etcd().port}`, cluster, timeoutMs: answerMs });
    return { registry: open(), again: async () => open(), close: async () => {} };
  });
});
