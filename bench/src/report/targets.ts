import { cells } from "../measurements/cells.js";
import type { Estimate } from "../statistics/median.js";
import { type Goal, judge, type Verdict } from "../statistics/verdict.js";
import type { Trial, Unit } from "../trials/trial.js";
import { trials } from "../trials/trials.js";

/** Which figure of a run a target speaks of. */
export type Figure =
  | { readonly of: "rate" | "p50"; readonly cell: string; readonly subject: string; readonly over: string }
  | { readonly of: "retained"; readonly subject: string; readonly side: "client" | "server" }
  | { readonly of: "import"; readonly subject: string }
  | { readonly of: "trial"; readonly trial: string; readonly name: string };

export interface Target {
  readonly what: string;
  readonly figure: Figure;
  readonly goal: Goal;
  readonly unit: Unit;
}

/** What a target came to. */
export interface Judged {
  readonly what: string;
  readonly unit: Target["unit"];
  readonly goal: Goal;
  readonly outcome: Outcome;
}

export type Outcome =
  | { readonly kind: "measured"; readonly estimate: Estimate; readonly must: Verdict; readonly aim: Verdict }
  /** Could not be measured. */
  | { readonly kind: "failed"; readonly error: string }
  /** Was not asked for. */
  | { readonly kind: "left out" };

const times = (kind: Goal["kind"], must: number, aim: number): Pick<Target, "goal" | "unit"> => ({
  goal: { kind, must, aim },
  unit: "x",
});

const rate = (cell: string, subject: string, over: string): Figure => ({ of: "rate", cell, subject, over });

/**
 * What counts as no bytes retained: a bare socket, long warm, still grows by some 20 kB over a million calls as the engine
 * goes on compiling, and the heap cannot be read more exactly than that.
 */
const nothingBytes = 0.05;

/** What a build may lose against the one before: nothing beyond the noise. */
const notSlower = times("atLeast", 0.95, 1);

/** What this project holds itself to, beside the trials, which say it themselves. */
const targets: readonly Target[] = [
  ...cells
    .filter(({ among }) => among === undefined)
    .map(({ id }) => ({
      what: `calls/s, this build / the other, ${id}`,
      figure: rate(id, "core", "before"),
      ...notSlower,
    })),
  {
    what: "calls/s, core / bare socket, K = 64",
    figure: rate("echo-64", "core", "bare"),
    ...times("atLeast", 1.2, 1.7),
  },
  {
    what: "calls/s, core / bare socket, K = 512",
    figure: rate("echo-512", "core", "bare"),
    ...times("atLeast", 1.2, 1.7),
  },
  {
    what: "calls/s, core / bare socket with our codec, K = 64",
    figure: rate("echo-64", "core", "bare-own"),
    ...times("atLeast", 0.7, 0.9),
  },
  {
    what: "calls/s, core / bare socket with our codec, K = 512",
    figure: rate("echo-512", "core", "bare-own"),
    ...times("atLeast", 0.7, 0.9),
  },
  {
    what: "bodies of 581 bytes, core / bare socket, K = 64",
    figure: rate("body-581-64", "core", "bare"),
    ...times("atLeast", 1.0, 1.3),
  },
  {
    what: "bodies up to 4 KiB, core / bare socket, K = 64",
    figure: rate("body-4k-64", "core", "bare"),
    ...times("atLeast", 1.0, 1.3),
  },
  {
    what: "bodies up to 64 KiB, core / bare socket, K = 64",
    figure: rate("body-64k-64", "core", "bare"),
    ...times("atLeast", 1.0, 1.3),
  },
  {
    what: "p50 latency, core / bare socket, K = 1",
    figure: { of: "p50", cell: "echo-1", subject: "core", over: "bare" },
    ...times("atMost", 1.2, 1.05),
  },
  {
    what: "calls/s, decorated app / bare socket, K = 64",
    figure: rate("echo-64", "app", "bare"),
    ...times("atLeast", 0.7, 1.0),
  },
  { what: "calls/s, core / NestJS TCP, K = 64", figure: rate("echo-64", "core", "nest"), ...times("atLeast", 5, 8) },
  { what: "calls/s, core / grpc-js, K = 64", figure: rate("echo-64", "core", "grpc"), ...times("atLeast", 25, 60) },
  {
    what: "calls/s over TLS, core / bare TLS socket, K = 64",
    figure: rate("tls-64", "core-tls", "bare-tls"),
    ...times("atLeast", 0.85, 1.0),
  },
  {
    what: "bytes retained per call, core, client",
    figure: { of: "retained", subject: "core", side: "client" },
    goal: { kind: "below", must: 1, aim: nothingBytes },
    unit: "bytes",
  },
  {
    what: "bytes retained per call, core, server",
    figure: { of: "retained", subject: "core", side: "server" },
    goal: { kind: "below", must: 1, aim: nothingBytes },
    unit: "bytes",
  },
  {
    what: "import of @rpc/core above an empty module",
    figure: { of: "import", subject: "core" },
    goal: { kind: "atMost", must: 40, aim: 20 },
    unit: "ms",
  },
  ...trials.flatMap(targetsOf),
];

function targetsOf({ id, figures }: Trial): Target[] {
  return Object.entries(figures).flatMap(([name, { what, unit, goal }]) =>
    goal === undefined ? [] : [{ what, unit, goal, figure: { of: "trial", trial: id, name } as const }],
  );
}

/** A figure as the run found it: its estimate, or why there is none; undefined where it was not asked for. */
export type Found = { readonly estimate: Estimate } | { readonly error: string } | undefined;

/** Returns what each target came to. */
export function judgeAll(find: (figure: Figure) => Found): Judged[] {
  return targets.map(({ what, unit, goal, figure }) => ({ what, unit, goal, outcome: outcomeOf(goal, find(figure)) }));
}

function outcomeOf(goal: Goal, found: Found): Outcome {
  if (found === undefined) return { kind: "left out" };
  if ("error" in found) return { kind: "failed", error: found.error };
  return { kind: "measured", estimate: found.estimate, ...judge(goal, found.estimate) };
}
