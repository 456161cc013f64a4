import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as immediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ambientCall, runInCall } from "./ambient.js";
import { madeUpCall } from "./made-up-call.fixture.js";

test("what a handler leaves behind for ever, promises and timers, keeps no call and no arguments in memory", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const kept: unknown[] = [];
  const calls: WeakRef<object>[] = [];
  const inputs: WeakRef<object>[] = [];
  const serve = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const call = madeUpCall({ large: new Array(10).fill(n) });
      calls.push(new WeakRef(call));
      inputs.push(new WeakRef(call.input[0] as object));
      await runInCall(call, async () => {
        const cached = new Promise<void>(() => {}).then(() => ambientCall());
        const timer = setTimeout(() => {}, 1_000_000);
        timer.unref();
        kept.push(cached, timer);
        await undefined;
      });
    }
  };
  await serve(1_000);
  await immediate();
  collect();
  await immediate();
  collect();
  assert.equal(kept.length, 2_000);
  const alive = (refs: WeakRef<object>[]) => refs.filter((ref) => ref.deref() !== undefined).length;
  assert.ok(alive(calls) <= 2, `${alive(calls)} of 1,000 calls are still in memory`);
  assert.ok(alive(inputs) <= 2, `the arguments of ${alive(inputs)} of 1,000 calls are still in memory`);
  for (const timer of kept) if (!(timer instanceof Promise)) clearTimeout(timer as NodeJS.Timeout);
});
