import { createHistogram } from "node:perf_hooks";
import { setImmediate as turn } from "node:timers/promises";
import type { OfferedCalls } from "../subjects/subject.js";

export interface OpenLoopOptions {
  /** Small calls, whatever becomes of those before. */
  readonly callsPerSecond: number;
  readonly forMs: number;
  /** Bytes of each answer that is asked for beside them, one after the other; 0: none. */
  readonly besideBytes: number;
}

/** What small calls took, from the moment they were due to their answer, in µs. */
export interface OpenLoopSlice {
  readonly calls: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Large answers that came meanwhile. */
  readonly besideAnswers: number;
}

/**
 * Makes small calls at a steady rate, and large ones beside them one after the other. A call that could not be made in
 * time counts from when it was due, so that whatever holds up the caller shows. Between two calls the event loop is
 * turned, not slept through: a timer is late by up to a millisecond, which is many times what a call takes.
 */
export async function openLoop(calls: OfferedCalls, options: OpenLoopOptions): Promise<OpenLoopSlice> {
  const { callsPerSecond, forMs, besideBytes } = options;
  const latency = createHistogram();
  const gapMs = 1_000 / callsPerSecond;
  const startedAt = performance.now();
  const run = { isOn: true, besideAnswers: 0 };
  let failure: Error | undefined;
  const fail = (cause: Error): void => {
    failure ??= cause;
  };
  const beside = besideBytes === 0 ? undefined : largeAnswers(calls, besideBytes, run).catch(fail);
  const outcomes: Promise<void>[] = [];
  const timed = async (number: number, dueAt: number): Promise<void> => {
    const { sum } = await calls.echo({ a: number, b: 7, name: "small" });
    latency.record(Math.max(1, Math.round((performance.now() - dueAt) * 1e6)));
    if (sum !== number + 7) throw new Error(`echo answered ${sum} where ${number + 7} was right.`);
  };
  for (let dueAt = startedAt, made = 0; dueAt < startedAt + forMs && failure === undefined; ) {
    while (dueAt <= performance.now() && dueAt < startedAt + forMs) {
      outcomes.push(timed(made++, dueAt).catch(fail));
      dueAt += gapMs;
    }
    await turn();
  }
  run.isOn = false;
  await Promise.all([beside, ...outcomes]);
  if (failure !== undefined) throw failure;
  return {
    calls: latency.count,
    p50Us: latency.percentile(50) / 1_000,
    p99Us: latency.percentile(99) / 1_000,
    besideAnswers: run.besideAnswers,
  };
}

async function largeAnswers(
  calls: OfferedCalls,
  bytes: number,
  run: { isOn: boolean; besideAnswers: number },
): Promise<void> {
  if (calls.bytes === undefined) throw new Error("The subject offers no bytes.");
  while (run.isOn) {
    const answer = await calls.bytes(bytes);
    if (answer.length !== bytes) throw new Error(`bytes answered ${answer.length} bytes where ${bytes} were right.`);
    run.besideAnswers++;
  }
}
