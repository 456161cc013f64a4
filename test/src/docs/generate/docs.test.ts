import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { generate } from "@rpc/codegen";
import { memoryTransport } from "@rpc/core";
import { createApp } from "@rpc/decorators";
import { memoryRegistry, memoryStore } from "@rpc/registry-memory";
import { NotSold as Generated } from "./generated/prices.client.js";
import { NotSold, Prices } from "./prices.js";
import { Report } from "./report.js";

test("the page about rpc generate shows what it writes, and a process that uses it", async () => {
  const cwd = fileURLToPath(new URL("../../../src/docs/generate/", import.meta.url));
  const project = "../../../tsconfig.json";
  const { upToDate } = await generate({
    cwd,
    project,
    sources: ["prices.ts"],
    out: "generated",
    check: true,
    cache: false,
  });
  assert.ok(upToDate, `in test/src/docs/generate: rpc generate prices.ts --project ${project} --out generated`);
  const both = {
    registry: memoryRegistry(memoryStore()),
    transports: { memory: memoryTransport() },
    logger: false,
  } as const;
  const server = await createApp({ ...both, services: [Prices], errors: [NotSold], listen: "memory://" });
  const caller = await createApp({ ...both, clients: [Report], errors: [Generated] });
  await server.start();
  const report = caller.get(Report);
  assert.deepEqual([await report.line("tea"), await report.line("gold")], ["tea: 3.5 GBP", "no gold today"]);
  await caller.stop();
  await server.stop();
});
