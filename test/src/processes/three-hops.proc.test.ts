import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { openProgram, type Program } from "@rpc/bench/processes";
import { atEnd } from "../wire/ground/at-end.js";
import type { HopQuestions, Seen } from "./hop.js";

const rounds = 10;
const spendMs = 60;
/** How late a deadline may be by what is promised. */
const graceMs = 25;

/** A calls B, B spends a while and calls C, which waits until it is told to stop: three processes. */
async function chain(t: TestContext) {
  const [a, b, c] = ["A", "B", "C"].map((name) => {
    const program = openProgram<HopQuestions>({ file: new URL("./hop.fixture.js", import.meta.url), name });
    atEnd(t, () => program.kill());
    return program;
  }) as [Program<HopQuestions>, Program<HopQuestions>, Program<HopQuestions>];
  const last = await c.ask("listen", { spendMs });
  const to = await b.ask("listen", { to: last, spendMs });
  await b.ask("warm", {});
  return { a, b, c, to };
}

/** Asks until a handler of this round has been told to stop, or is over; undefined where it never began. */
async function stopped(program: Program<HopQuestions>, round: number, began: boolean): Promise<Seen | undefined> {
  for (;;) {
    const seen = await program.ask("seen", { round });
    if (seen !== null && (seen.abortedMs >= 0 || seen.endedMs >= 0)) return seen;
    if (seen === null && !began) return undefined;
    await delay(5);
  }
}

test("of 100 ms at A, of which B spends 60, C sees what is left, and all three are told to stop when they are over", async (t) => {
  const { a, b, c, to } = await chain(t);
  let reached = 0;
  for (let round = 0; round < rounds || (reached === 0 && round < 10 * rounds); round++) {
    const priority = round % 2 === 0 ? "critical" : "sheddable";
    const { code, tookMs, lagMs } = await a.ask("call", { to, round, timeoutMs: 100, priority });
    assert.equal(code, "deadline_exceeded");
    // It may be told earlier: where B was held up, it counts the call from the start of that.
    assert.ok(tookMs <= 100 + graceMs + lagMs, `A waited ${tookMs} ms, and was held up for ${lagMs}`);
    // A machine that is busy may keep B from beginning, or from going on, while there is time: then nobody may.
    const atB = await stopped(b, round, false);
    if (atB === undefined) continue;
    const told = `round ${round}: ${JSON.stringify(atB)}`;
    assert.ok(atB.leftMs <= 100, told);
    assert.equal(atB.priority, priority);
    // C's clock may say a moment earlier that time is up: then B's handler is over by its answer, and there is nobody to tell.
    const toldMs = atB.abortedMs >= 0 ? atB.abortedMs : atB.endedMs;
    assert.ok(toldMs <= atB.leftMs + graceMs + atB.lagMs, told);
    const atC = await stopped(c, round, false);
    if (atC === undefined) continue;
    reached++;
    const both = `${told}, ${JSON.stringify(atC)}`;
    assert.ok(atB.spentMs >= spendMs - 1, both);
    assert.ok(atC.leftMs <= atB.leftMs - atB.spentMs + 0.5 && atC.leftMs <= 100 - spendMs + 1.5, both);
    assert.equal(atC.priority, priority);
    assert.ok(atC.abortedMs <= atC.leftMs + graceMs + atC.lagMs, both);
  }
  assert.ok(reached > 0, "C was reached in no round");
});

test("A's caller gives up, and B and C are told so long before the deadline", async (t) => {
  const { a, b, c, to } = await chain(t);
  const call = a.ask("call", { to, round: 1, timeoutMs: 10_000, priority: "normal" });
  while ((await c.ask("seen", { round: 1 })) === null) await delay(5);
  await a.ask("cancel", {});
  assert.equal((await call).code, "cancelled");
  for (const program of [b, c]) {
    const seen = await stopped(program, 1, true);
    assert.equal(seen?.code, "cancelled");
    assert.ok(seen.leftMs > 5_000 && seen.abortedMs < seen.leftMs, JSON.stringify(seen));
  }
});
