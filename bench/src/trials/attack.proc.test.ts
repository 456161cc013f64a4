import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../statistics/random.js";
import { attacks } from "./attack.js";
import { runTrial } from "./run-trial.js";

/** A machine that others use too may spoil a slice; an attack that works spoils all of them. */
const mostTries = 3;

for (const attack of attacks) {
  test(`honest clients keep four fifths of their goodput, and the server its memory: ${attack.title}`, async () => {
    const best = { goodput: 0, memory: Number.POSITIVE_INFINITY };
    for (let tries = 0; tries < mostTries && (best.goodput < 0.8 || best.memory > 128); tries++) {
      const tried = await runTrial(attack, {
        rounds: 1,
        quick: true,
        random: seededRandom(1),
        onProgress: () => {},
        against: undefined,
        onChild: () => {},
      });
      assert.ok("figures" in tried, "error" in tried ? tried.error : "");
      best.goodput = Math.max(best.goodput, tried.figures["goodput"]!.high);
      best.memory = Math.min(best.memory, tried.figures["memory"]!.high);
      assert.ok(tried.figures["frames"]!.median > 10_000, "the attacker did not get to attack");
    }
    assert.ok(best.goodput >= 0.8, `goodput was ${best.goodput} of that beside the burner`);
    assert.ok(best.memory <= 128, `memory grew by ${best.memory} MiB`);
  });
}
