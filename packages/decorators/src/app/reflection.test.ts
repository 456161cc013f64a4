import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, ReflectionService, withOptions } from "@rpc/core";
import { memoryRegistry, memoryStore } from "@rpc/registry-memory";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import { createApp } from "./create-app.js";

@Service("Adder")
class Adder {
  @Method({ idempotent: true })
  add(a: number, b: number): number {
    return a + b;
  }
}

test("an app tells what it serves to who dials it, as rpc list asks, unless that is switched off", async (t) => {
  const told = async (serve: { readonly reflection?: boolean }) => {
    const registry = memoryRegistry(memoryStore());
    const app = await createApp({ services: [Adder], serve, registry, logger: false, signals: false });
    t.after(() => app.stop());
    await app.start();
    const connector = connect({ address: app.address! });
    t.after(() => connector.close());
    // To that one alone: else the call would wait for another one that does tell.
    return withOptions(connector.client(ReflectionService), { route: { only: app.address! } }).services();
  };
  assert.deepEqual(await told({}), [{ name: "Adder", methods: [{ name: "add", kind: "unary", idempotent: true }] }]);
  await assert.rejects(told({ reflection: false }), { reason: "NO_SERVICE" });
});
