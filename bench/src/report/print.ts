import type { Estimate } from "../statistics/median.js";
import type { Tried } from "../trials/run-trial.js";
import type { Unit } from "../trials/trial.js";
import { trials } from "../trials/trials.js";
import type { Comparison, Results, Row } from "./results.js";
import { tableLines } from "./table.js";
import type { Judged } from "./targets.js";

/** Returns a run's results as text for people. */
export function printResults(results: Results): string {
  const { node, cpuCount, cpuModel, rounds, sliceMs, seed, tookMs, loadBefore, msgpackrIsNative } = results;
  const lines = [
    `node ${node}, ${cpuCount} CPUs (${cpuModel}), msgpackr ${msgpackrIsNative ? "with" : "without"} its native part`,
    `${rounds} rounds of ${sliceMs} ms, seed ${seed}, took ${(tookMs / 1000).toFixed(0)} s; load before: ${loadBefore.toFixed(1)}`,
    "Ratios are medians of the rounds' ratios, with their 95 % interval; absolute figures depend on the machine's mood.",
  ];
  if (loadBefore > cpuCount / 2) lines.push("The machine was busy with other work before: expect wide intervals.");
  for (const { title, rows } of results.cells) lines.push("", title, ...cellLines(rows));
  if (results.overOtherBuild.length > 0) {
    lines.push("", `this build over the one in ${results.against}`, ...otherBuildLines(results.overOtherBuild));
    lines.push(`  ${slowerLine(results.overOtherBuild)}`);
  }
  if (results.retained.length > 0) lines.push("", "bytes retained for each finished call", ...retainedLines(results));
  if (results.imports.length > 0) lines.push("", "import, ms above an empty module", ...importLines(results));
  for (const trial of results.trials) lines.push("", trial.title, ...trialLines(trial));
  const measured = results.targets.filter(({ outcome }) => outcome.kind !== "left out");
  if (measured.length > 0) lines.push("", "targets", ...targetLines(measured));
  return `${lines.join("\n")}\n`;
}

function cellLines(rows: readonly Row[]): string[] {
  const hasLatency = rows.some((row) => row.p50Us > 0);
  const head = [
    "",
    "calls/s",
    "x bare",
    "95 %",
    "CPU µs client",
    "server",
    "x bare",
    ...(hasLatency ? ["p50 µs", "p99 µs", "x bare", "95 %"] : []),
  ];
  const body = rows.map((row) => {
    if (row.callsPerSecond === 0) return [row.title, "failed"];
    const latency = [
      row.p50Us.toFixed(1),
      row.p99Us.toFixed(1),
      times(row.p50OverBaseline),
      interval(row.p50OverBaseline),
    ];
    return [
      row.title,
      Math.round(row.callsPerSecond).toString(),
      times(row.rateOverBaseline),
      interval(row.rateOverBaseline),
      row.clientCpuUs.toFixed(2),
      row.serverCpuUs.toFixed(2),
      times(row.cpuOverBaseline),
      ...(hasLatency ? latency : []),
    ];
  });
  const errors = rows.flatMap(({ title, error }) =>
    error === undefined ? [] : [`  ! ${title} was given up: ${error}`],
  );
  return [...tableLines([head, ...body]), ...errors];
}

function otherBuildLines(comparisons: readonly Comparison[]): string[] {
  const body = comparisons.map(({ cell, rate, cpu, p50 }) => {
    return [cell, times(rate), interval(rate), times(cpu), interval(cpu), times(p50), interval(p50)];
  });
  return tableLines([["", "calls/s", "95 %", "CPU", "95 %", "p50", "95 %"], ...body]);
}

/** A build is slower only where noise cannot be why. */
const slower = 0.95;

function slowerLine(comparisons: readonly Comparison[]): string {
  const rows = comparisons.filter(({ rate, p50 }) => rate.high < slower || (p50 !== undefined && p50.low > 1 / slower));
  if (rows.length === 0) return `no row's interval lies wholly below ${slower}x`;
  return `SLOWER, the whole interval below ${slower}x: ${rows.map(({ cell }) => cell).join(", ")}`;
}

function trialLines(tried: Tried): string[] {
  if ("error" in tried) return [`  failed: ${tried.error}`];
  const known = trials.find(({ id }) => id === tried.id)?.figures ?? {};
  return tableLines(
    Object.entries(tried.figures).map(([name, estimate]) => {
      const { what, unit } = known[name] ?? { what: name, unit: "count" };
      return [`${tried.id}/${name}: ${what}`, figure(estimate, unit), interval(estimate, digits[unit])];
    }),
  );
}

function retainedLines({ retained }: Results): string[] {
  return tableLines(
    retained.map((one) => {
      if ("error" in one) return [`${one.subject}, ${one.side}`, "failed", one.error];
      return [`${one.subject}, ${one.side}`, one.bytesPerCall.median.toFixed(3), interval(one.bytesPerCall, 3)];
    }),
  );
}

function importLines({ imports }: Results): string[] {
  return tableLines(
    imports.map((one) => {
      if ("error" in one) return [one.module, "failed", one.error];
      return [one.module, one.aboveEmptyMs.median.toFixed(1), interval(one.aboveEmptyMs, 1)];
    }),
  );
}

function targetLines(targets: readonly Judged[]): string[] {
  const body = targets.map(({ what, unit, goal, outcome }) => {
    const sign = { atLeast: ">=", atMost: "<=", below: "<" }[goal.kind];
    const bars = [`${sign} ${goal.must}`, `${goal.kind === "below" ? "<=" : sign} ${goal.aim}`];
    if (outcome.kind !== "measured") {
      return [what, "-", "", ...bars, outcome.kind === "failed" ? `failed: ${firstLine(outcome.error)}` : outcome.kind];
    }
    const { estimate, must, aim } = outcome;
    return [what, figure(estimate, unit), interval(estimate, digits[unit]), ...bars, `must ${must}, aim ${aim}`];
  });
  return [
    ...tableLines([["", "figure", "95 %", "must", "aim", "verdict"], ...body]),
    "  met: by the median; missed: by the whole interval; open: not missed, more rounds would tell",
  ];
}

const digits: Readonly<Record<Unit, number>> = {
  x: 2,
  bytes: 3,
  KiB: 1,
  MiB: 1,
  ms: 1,
  µs: 0,
  "%": 1,
  count: 0,
  writes: 3,
};

function figure({ median }: Estimate, unit: Unit): string {
  const after = unit === "x" || unit === "%" ? unit : unit === "count" ? "" : ` ${unit}`;
  return median.toFixed(digits[unit]) + after;
}

function times(estimate: Estimate | undefined): string {
  return estimate === undefined ? "" : `${estimate.median.toFixed(2)}x`;
}

function interval(estimate: Estimate | undefined, digits = 2): string {
  return estimate === undefined ? "" : `${estimate.low.toFixed(digits)}..${estimate.high.toFixed(digits)}`;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.slice(0, 100);
}
