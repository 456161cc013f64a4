import { randomUUID } from "node:crypto";
import { describe } from "node:test";
import { registrySuite } from "@rpc/core/testing";
import { redisRegistry } from "@rpc/registry-redis";
import { openRedis, redisMissing } from "../servers/redis.js";
import { sharedServer } from "../servers/shared-server.js";
import { answerMs } from "./busy.js";

describe("a registry in Redis", { skip: redisMissing }, () => {
  const redis = sharedServer(openRedis);
  registrySuite("Redis", async () => {
    const cluster = randomUUID();
    const open = () => redisRegistry({ url: `redis://127.0.0.1:${redis().port}`, cluster, timeoutMs: answerMs });
    return { registry: open(), again: async () => open(), close: async () => {} };
  });
});
