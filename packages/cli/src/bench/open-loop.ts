import { type Clock, Histogram } from "@rpc/core";
import type { Ending, Load, LoadOptions } from "./load.js";
import type { Tally } from "./tally.js";

/** Timers are late by about so much, in ms. */
const timerMs = 2;

export interface OpenLoopOptions extends LoadOptions {
  /** Calls a second. */
  readonly rate: number;
  /** Runs something in so many ms. Defaults to as exactly as a process can, which keeps it busy for the last 2 ms. */
  readonly wait?: (run: () => void, ms: number, clock: Clock) => void;
}

/**
 * Returns a load that begins a call whenever one is due, at even intervals, whatever becomes of those before: as many
 * independent users do. The latency counts from when the call was due, so that a target that stands still for a second
 * is seen by all calls of that second, not by those alone that were in flight: it is free of what Gil Tene named
 * coordinated omission ("How NOT to Measure Latency", 2013).
 *
 * Counted are calls that were due while it was measured, however late they end. With `inFlight` calls under way the
 * next ones wait; their latency counts all the same.
 */
export function openLoop({ makeCall, clock, inFlight, rate, wait = exactly }: OpenLoopOptions): Load {
  let on = true;
  let startedAt = 0;
  let next = 0;
  let running = 0;
  let tally: Tally | undefined;
  let measuredFrom = 0;
  let lag = new Histogram();
  let counted = 0;
  let waitsForRoom = false;
  let settled = (): void => {};

  const dueAt = (call: number): number => startedAt + (call * 1_000) / rate;

  function begin(): void {
    const dueMs = dueAt(next++);
    const into = dueMs >= measuredFrom ? tally : undefined;
    running++;
    if (into !== undefined) {
      counted++;
      lag.record(clock.now() - dueMs);
    }
    const end = (): void => {
      running--;
      if (into !== undefined && --counted === 0) settled();
      if (waitsForRoom) pump();
    };
    makeCall().then(
      () => {
        into?.succeeded(clock.now() - dueMs);
        end();
      },
      (error: unknown) => {
        into?.failedWith(error);
        end();
      },
    );
  }

  function pump(): void {
    waitsForRoom = false;
    if (!on) return;
    const now = clock.now();
    while (dueAt(next) <= now && running < inFlight) begin();
    if (running >= inFlight) waitsForRoom = true;
    else wait(pump, dueAt(next) - clock.now(), clock);
  }

  return {
    start() {
      startedAt = clock.now();
      pump();
    },
    measure(into) {
      tally = into;
      measuredFrom = clock.now(); // what was due before, and could not be begun, is not counted
      lag = new Histogram();
    },
    stop(): Ending {
      pump(); // what is due by now, in case this turn came late
      on = false;
      const dueUntil = (at: number): number => ((at - startedAt) * rate) / 1_000;
      const due = Math.floor(dueUntil(clock.now())) + 1;
      const begun = Math.max(next, Math.ceil(dueUntil(measuredFrom)));
      const all = new Promise<void>((resolve) => {
        settled = resolve;
        if (counted === 0) resolve();
      });
      return { settled: all, pending: () => counted, notBegun: Math.max(0, due - begun), lag };
    },
  };
}

/** Runs early by a turn at most: whoever waits looks at the clock. */
function exactly(run: () => void, ms: number, clock: Clock): void {
  if (ms > timerMs) clock.setTimer(run, ms - timerMs);
  else clock.afterReads(run);
}
