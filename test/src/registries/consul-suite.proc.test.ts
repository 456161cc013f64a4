import { randomUUID } from "node:crypto";
import { describe } from "node:test";
import { registrySuite } from "@rpc/core/testing";
import { consulRegistry } from "@rpc/registry-consul";
import { consulMissing, openConsul } from "../servers/consul.js";
import { openConsulStandIn } from "../servers/consul-stand-in.js";
import { sharedServer } from "../servers/shared-server.js";
import { answerMs } from "./busy.js";

describe("a registry in a real Consul", { skip: consulMissing }, () => {
  const consul = sharedServer(openConsul);
  registrySuite("Consul", async () => {
    const cluster = randomUUID();
    const open = () => consulRegistry({ url: `http://127.0.0.1:${consul().port}`, cluster, timeoutMs: answerMs });
    return { registry: open(), again: async () => open(), close: async () => {} };
  });
});

registrySuite("a stand-in for Consul", async () => {
  const consul = await openConsulStandIn();
  const open = () => consulRegistry({ url: `http://127.0.0.1:${consul.port}`, timeoutMs: answerMs });
  return { registry: open(), again: async () => open(), close: () => consul.close() };
});
