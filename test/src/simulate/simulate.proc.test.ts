import assert from "node:assert/strict";
import test from "node:test";
import { runInProcesses } from "./many-seeds.js";
import { runSeed } from "./run-seed.js";

test("over a thousand seeded clusters with faults every call settles once and in time, no handler runs that should not, and nothing is left", async () => {
  const { seeds, calls, broken } = await runInProcesses(1, 1_000, 2);
  assert.equal(seeds, 1_000);
  assert.ok(calls > 100_000, `${calls} calls`);
  const told = broken.map(({ seed, violations }) => `npm run simulate -- --seed ${seed} --trace: ${violations[0]}`);
  assert.deepEqual(told, []);
});

test("a seed that is run again is the same run, event by event", async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const [first, again] = [await runSeed(seed), await runSeed(seed)];
    assert.equal(again.digest, first.digest, `seed ${seed}`);
    assert.deepEqual(again.endings, first.endings, `seed ${seed}`);
  }
});
