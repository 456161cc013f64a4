import assert from "node:assert/strict";
import test from "node:test";
import { attackTls } from "./attack-tls.js";
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

// `npm run fuzz` says more of them. In several tests, so that each is done in good time on a machine that is busy with other things.
for (const [part, from] of [1, 25_001, 50_001, 75_001].entries()) {
  test(`conversations in which frames, bytes and their order are wrong crash nothing, hang nothing and confuse no answers: 25,000, part ${part + 1} of 4`, async () => {
    const { cases, findings } = await runInProcesses(from, 25_000, 2);
    assert.equal(cases, 25_000);
    assert.deepEqual(
      findings.map(({ seed, broken }) => `npm run fuzz -- --seed ${seed}: ${broken[0]}`),
      [],
    );
  });
}

test("a seed says the same bytes again", () => {
  for (let seed = 1; seed <= 200; seed++) assert.deepEqual(caseOf(seed), caseOf(seed), `seed ${seed}`);
});

test("what is wrong within TLS, of TLS, or no TLS at all crashes nothing, hangs nothing and costs nobody else an answer: 400", async () => {
  assert.deepEqual(await attackTls(1, 400), []);
});
