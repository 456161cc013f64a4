import assert from "node:assert/strict";
import test from "node:test";
import { corpus } from "./corpus.js";
import { caseOf } from "./fuzz-case.js";
import { runInProcesses } from "./many-cases.js";
import { runCases } from "./run-cases.js";

test("whatever once broke something is harmless", async () => {
  const all = corpus();
  assert.ok(all.size > 0);
  for (const [name, fuzzCase] of all) {
    const { findings } = await runCases([{ seed: undefined, fuzzCase }]);
    assert.deepEqual(
      findings.map(({ broken }) => broken),
      [],
      name,
    );
  }
});

test("100,000 conversations in which frames, bytes and their order are wrong crash nothing, hang nothing and confuse no answers", async () => {
  const { cases, findings } = await runInProcesses(1, 100_000, 2);
  assert.equal(cases, 100_000);
  assert.deepEqual(
    findings.map(({ seed, broken }) => `npm run fuzz -- --seed ${seed}: ${broken[0]}`),
    [],
  );
});

test("a seed says the same bytes again", () => {
  for (let seed = 1; seed <= 200; seed++) assert.deepEqual(caseOf(seed), caseOf(seed), `seed ${seed}`);
});
