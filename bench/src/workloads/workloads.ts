import { deepStrictEqual } from "node:assert/strict";
import type { RecordableHistogram } from "node:perf_hooks";
import type { OfferedCalls } from "../subjects/subject.js";
import { type Body, createBodies, createBody } from "./body.js";

/** What the lanes of one measurement share. */
export interface Run {
  /** Lanes make no more calls once this is false. */
  isOn: boolean;
  /** Calls begun. */
  begun: number;
  /** Calls answered. */
  answered: number;
  /** Calls after which lanes end by themselves. Infinity where time ends them. */
  limit: number;
  /** Takes the latency of each call, in ns, where it is wanted. */
  readonly latency: RecordableHistogram | undefined;
}

/** Makes one call after the other until the run is over. Rejects where a call failed or its answer was wrong. */
type Lane = (calls: OfferedCalls, run: Run) => Promise<void>;

export type WorkloadName = "echo" | "add" | "body-581" | "body-4k" | "body-64k";

export interface Workload {
  /** Makes a call and compares its whole answer; the lanes, for speed, look at a part only. */
  verify(calls: OfferedCalls): Promise<void>;
  readonly lane: Lane;
  /** How often it runs, if time allows, before anything counts: code is compiled by how often it ran. */
  readonly warmUpCalls: number;
}

const names = Array.from({ length: 256 }, (_, index) => `customer-${index}`);

/** Arguments are made anew for each call, as programs do, and their numbers take one to three bytes. */
const echo: Workload = {
  warmUpCalls: 20_000,
  async verify(calls) {
    deepStrictEqual({ ...(await calls.echo({ a: 2, b: 3, name: "Zoë" })) }, { sum: 5, name: "Zoë" });
  },
  async lane(calls, run) {
    if (run.latency !== undefined) return timedEcho(calls, run, run.latency);
    while (run.isOn && run.begun < run.limit) {
      const a = run.begun++ & 0xffff;
      const { sum } = await calls.echo({ a, b: 7, name: names[a & 255]! });
      if (sum !== a + 7) throw wrong("echo", a + 7, sum);
      run.answered++;
    }
  },
};

async function timedEcho(calls: OfferedCalls, run: Run, latency: RecordableHistogram): Promise<void> {
  while (run.isOn && run.begun < run.limit) {
    const a = run.begun++ & 0xffff;
    const startedAt = performance.now();
    const { sum } = await calls.echo({ a, b: 7, name: names[a & 255]! });
    latency.record(Math.max(1, Math.round((performance.now() - startedAt) * 1e6)));
    if (sum !== a + 7) throw wrong("echo", a + 7, sum);
    run.answered++;
  }
}

const add: Workload = {
  warmUpCalls: 20_000,
  async verify(calls) {
    deepStrictEqual(await offered(calls, "add")(2, 3.5), 5.5);
  },
  async lane(calls, run) {
    if (calls.add === undefined) throw notOffered("add");
    while (run.isOn && run.begun < run.limit) {
      const a = run.begun++ & 0xffff;
      const sum = await calls.add(a, 7);
      if (sum !== a + 7) throw wrong("add", a + 7, sum);
      run.answered++;
    }
  },
};

/** A workload that sends one of `bodies` after the other and wants it back. */
function bodies(values: readonly (Body | Body[])[], warmUpCalls: number): Workload {
  const references = values.map(referenceOf);
  return {
    warmUpCalls,
    async verify(calls) {
      // Through JSON: a decoder may make objects of another prototype, and only what they hold is compared.
      const answer = await offered(calls, "body")(values[0]);
      deepStrictEqual(JSON.parse(JSON.stringify(answer)), values[0]);
    },
    async lane(calls, run) {
      if (calls.body === undefined) throw notOffered("body");
      while (run.isOn && run.begun < run.limit) {
        const index = run.begun++ % values.length;
        const reference = referenceOf((await calls.body(values[index])) as Body | Body[]);
        if (reference !== references[index]) throw wrong("body", references[index], reference);
        run.answered++;
      }
    },
  };
}

/** The workloads by name. The bodies differ within each, so that nothing can be gained by keeping what was sent before. */
export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  echo,
  add,
  "body-581": bodies(
    Array.from({ length: 64 }, (_, index) => createBody(index)),
    5_000,
  ),
  "body-4k": bodies(
    Array.from({ length: 16 }, (_, index) => createBodies(4 * 1024, index * 7)),
    1_000,
  ),
  "body-64k": bodies(
    Array.from({ length: 4 }, (_, index) => createBodies(64 * 1024, index * 112)),
    200,
  ),
};

function referenceOf(value: Body | Body[]): string | undefined {
  return Array.isArray(value) ? value.at(-1)?.reference : value.reference;
}

function offered<Name extends keyof OfferedCalls>(calls: OfferedCalls, name: Name): NonNullable<OfferedCalls[Name]> {
  const call = calls[name];
  if (call === undefined) throw notOffered(name);
  return call.bind(calls) as NonNullable<OfferedCalls[Name]>;
}

function notOffered(name: string): Error {
  return new Error(`The subject offers no ${name}: take the workload out of its list in subjects.ts.`);
}

function wrong(call: string, wanted: unknown, got: unknown): Error {
  return new Error(`${call} answered ${String(got)} where ${String(wanted)} was right.`);
}
