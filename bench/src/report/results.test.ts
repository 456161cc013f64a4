import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlannedCell } from "../measurements/cells.js";
import type { Sample } from "../measurements/rounds.js";
import { seededRandom } from "../statistics/random.js";
import { type Measured, summarize } from "./results.js";
import type { Outcome } from "./targets.js";

const cell = (id: string, inFlight: number, subjects: string[]): PlannedCell => ({
  id,
  workload: "echo",
  inFlight,
  title: id,
  baseline: "bare",
  subjects,
});

const sample = (callsPerSecond: number, p50Us = 0): Sample => ({
  callsPerSecond,
  p50Us,
  p99Us: 2 * p50Us,
  clientCpuUs: 2,
  serverCpuUs: 1,
});

const measured = (part: Partial<Measured>): Measured => ({
  cells: [],
  samples: new Map(),
  failures: new Map(),
  retained: [],
  imports: [],
  trials: [],
  random: seededRandom(1),
  ...part,
});

const outcomeOf = (part: Partial<Measured>, what: string): Outcome | undefined =>
  summarize(measured(part)).targets.find((target) => target.what === what)?.outcome;

const atK64 = "calls/s, core / bare socket, K = 64";

test("a target is judged by the ratios of rounds, not by the ratio of the medians", () => {
  // Core is 1.8 times the baseline in every round, on a machine whose speed varies tenfold.
  const moods = [1, 10, 3, 0.2, 5];
  const samples = new Map([
    ["echo-64/bare", moods.map((mood) => sample(1000 * mood))],
    ["echo-64/core", moods.map((mood) => sample(1800 * mood))],
  ]);
  const part = { cells: [cell("echo-64", 64, ["bare", "core"])], samples };
  const outcome = outcomeOf(part, atK64);
  assert.ok(outcome?.kind === "measured" && outcome.must === "met" && outcome.aim === "met");
  const [row] = summarize(measured(part)).cells[0]!.rows.filter(({ subject }) => subject === "core");
  assert.ok(Math.abs(row!.rateOverBaseline!.median - 1.8) < 1e-9);
  assert.ok(row!.rateOverBaseline!.high - row!.rateOverBaseline!.low < 1e-9);
});

test("a subject that died makes its targets failed, with the reason, and never missed or reached", () => {
  const samples = new Map([
    ["echo-64/bare", [sample(1000), sample(1000)]],
    ["echo-64/core", [sample(9000), undefined]],
  ]);
  const part = {
    cells: [cell("echo-64", 64, ["bare", "core"])],
    samples,
    failures: new Map([["echo-64/core", "it ended with code 1"]]),
  };
  assert.deepEqual(outcomeOf(part, atK64), { kind: "failed", error: "it ended with code 1" });
  const { cells } = summarize(measured(part));
  assert.equal(cells[0]!.rows.find(({ subject }) => subject === "core")?.error, "it ended with code 1");
});

test("a row of a subject that never started can be written as JSON", () => {
  const part = {
    cells: [cell("echo-64", 64, ["bare", "grpc"])],
    samples: new Map([
      ["echo-64/bare", [sample(1000)]],
      ["echo-64/grpc", [undefined]],
    ]),
    failures: new Map([["echo-64/grpc", "no such module"]]),
  };
  const text = JSON.stringify(summarize(measured(part)));
  assert.ok(!text.includes("null"), text);
});

test("latency is judged by p50 where one call was in flight, less being better", () => {
  const samples = new Map([
    ["echo-1/bare", [sample(20, 50), sample(20, 100)]],
    ["echo-1/core", [sample(20, 75), sample(20, 150)]],
  ]);
  const part = { cells: [cell("echo-1", 1, ["bare", "core"])], samples };
  const outcome = outcomeOf(part, "p50 latency, core / bare socket, K = 1");
  assert.ok(outcome?.kind === "measured" && outcome.must === "missed" && outcome.aim === "missed");
});

test("what was not asked for is not measured, which is no failure", () => {
  assert.ok(summarize(measured({})).targets.every(({ outcome }) => outcome.kind === "left out"));
});

test("this build is set against the other one wherever both ran", () => {
  const samples = new Map([
    ["echo-64/bare", [sample(1000), sample(10)]],
    ["echo-64/core", [sample(1100), sample(11)]],
    ["echo-64/before", [sample(1000), sample(10)]],
  ]);
  const { overOtherBuild } = summarize(measured({ cells: [cell("echo-64", 64, ["bare", "core", "before"])], samples }));
  assert.equal(overOtherBuild.length, 1);
  assert.ok(Math.abs(overOtherBuild[0]!.rate.median - 1.1) < 1e-9);
  assert.equal(overOtherBuild[0]!.p50, undefined);
});
