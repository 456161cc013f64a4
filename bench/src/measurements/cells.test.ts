import assert from "node:assert/strict";
import { test } from "node:test";
import { cells, planRun } from "./cells.js";

test("a full run measures every subject in the first workload, and the other build only where there is one", () => {
  const echo = (hasOtherBuild: boolean): readonly string[] | undefined =>
    planRun(/(?:)/, hasOtherBuild).cells.find(({ id }) => id === "echo-64")?.subjects;
  assert.deepEqual(echo(false), ["bare", "bare-own", "core", "app", "nest", "grpc"]);
  assert.deepEqual(echo(true), ["bare", "bare-own", "core", "before", "app", "nest", "grpc"]);
  assert.equal(planRun(/(?:)/, false).cells.length, cells.length);
});

test("a row that was asked for alone still has its baseline and the other build to be compared with", () => {
  const plan = planRun(/^echo-64\/core$/, true);
  assert.deepEqual(
    plan.cells.map(({ id, subjects }) => [id, subjects]),
    [["echo-64", ["bare", "core", "before"]]],
  );
  assert.deepEqual([plan.retained, plan.imports], [[], []]);
});

test("a pattern chooses among bytes and imports too, without starting what it does not match", () => {
  const plan = planRun(/retained\/core|import/, false);
  assert.deepEqual(plan, { cells: [], retained: ["core"], imports: ["core", "app"], trials: [] });
});

test("a pattern that matches nothing plans nothing, instead of everything", () => {
  assert.deepEqual(planRun(/no such row/, true), { cells: [], retained: [], imports: [], trials: [] });
});
