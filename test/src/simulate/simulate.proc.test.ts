import assert from "node:assert/strict";
import test from "node:test";
import { runInProcesses } from "./many-seeds.js";
import { runSeed } from "./run-seed.js";

// In several tests, so that each is done in good time on a machine that is busy with other things.
for (const from of [1, 251, 501, 751]) {
  test(`in seeded clusters with faults (${from} and on) every call settles once and in time, no handler runs that should not, and nothing is left`, async () => {
    const { seeds, calls, broken } = await runInProcesses(from, 250, 2);
    assert.equal(seeds, 250);
    assert.ok(calls > 20_000, `${calls} calls`);
    const told = broken.map(({ seed, violations }) => `npm run simulate -- --seed ${seed} --trace: ${violations[0]}`);
    assert.deepEqual(told, []);
  });
}

test("a seed that is run again is the same run, event by event", async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const [first, again] = [await runSeed(seed), await runSeed(seed)];
    assert.equal(again.digest, first.digest, `seed ${seed}`);
    assert.deepEqual(again.endings, first.endings, `seed ${seed}`);
  }
});
