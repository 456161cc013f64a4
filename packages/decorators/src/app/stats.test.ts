import assert from "node:assert/strict";
import { test } from "node:test";
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

test("an app tells what it served and what it called, from one place, and begins anew when told to", async (t) => {
  const apps = memoryApps();
  t.after(() => apps.stop());
  const served = await apps.start({ services: [Adder] });
  const caller = await apps.make({});
  assert.equal(caller.stats().server, undefined);
  assert.equal(await caller.client(Adder).add(2, 3), 5);
  assert.deepEqual([caller.stats().client.calls.ok, served.stats().server?.calls.ok], [1, 1]);
  assert.equal(served.stats().server?.methods["/Adder/add"]?.calls, 1);
  for (const app of [caller, served]) app.resetStats();
  assert.deepEqual([caller.stats().client.calls.calls, served.stats().server?.calls.calls], [0, 0]);
});
