import assert from "node:assert/strict";
import test from "node:test";
import { runInProcesses } from "./many-seeds.js";
import { runSeed } from "./run-seed.js";

// `npm run simulate` runs more of them. In several tests, so that each is done in good time on a machine that is busy with other things.
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

/** What each of these showed when it broke a rule. */
const onceBroken = {
  55219: "a oneway call of a lost connection counted as pending for ever",
  70405: "a server whose start had failed was not started again, since it stood still at that moment",
};

test("seeds that once broke a rule keep all of them", async () => {
  for (const seed of Object.keys(onceBroken).map(Number))
    assert.deepEqual((await runSeed(seed)).violations, [], `${seed}`);
});

const sabotages = {
  "lose an item": /read item \d+ in place of|behind \d+ of \d+ items|its handler read/,
  "double an item": /read item \d+ in place of/,
  "swap two items": /read item \d+ in place of/,
  "forget an end": /have not ended|too late/,
  "give credit twice": /of credit too much of/,
  "forget credit": /bytes of credit, and no stream is open/,
} as const;

for (const [sabotage, seen] of Object.entries(sabotages) as [keyof typeof sabotages, RegExp][]) {
  test(`that connections ${sabotage} is seen within a few seeds`, async () => {
    const told: string[] = [];
    for (let seed = 1; seed <= 100 && !told.some((violation) => seen.test(violation)); seed++)
      told.push(...(await runSeed(seed, { sabotage })).violations);
    assert.ok(
      told.some((violation) => seen.test(violation)),
      `100 seeds have shown only: ${told.slice(0, 5)}`,
    );
  });
}
