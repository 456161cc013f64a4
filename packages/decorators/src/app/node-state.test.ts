import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryRegistry, memoryStore } from "@rpc/registry-memory";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import { memoryApps } from "./memory-apps.fixture.js";

@Service("Adder")
class Adder {
  @Method()
  add(a: number, b: number): number {
    return a + b;
  }
}

test("an app says in which group and zone it is, and changes that while it runs; one that serves nothing is told so", async (t) => {
  const apps = memoryApps();
  t.after(() => apps.stop());
  const store = memoryStore();
  const served = await apps.start({
    services: [Adder],
    registry: memoryRegistry(store),
    serve: { group: "canary", zone: "eu-1", latitude: 52.5 },
  });
  const listed = () => memoryRegistry(store).list("Adder", new AbortController().signal);
  assert.deepEqual((await listed())[0]?.tags, { group: "canary", zone: "eu-1", latitude: "52.5" });
  await served.setState({ group: "", weight: 3 });
  assert.deepEqual([(await listed())[0]?.tags, (await listed())[0]?.weight], [{ zone: "eu-1", latitude: "52.5" }, 3]);
  const caller = await apps.make({});
  await assert.rejects(caller.setState({ weight: 1 }), { code: "failed_precondition" });
});
