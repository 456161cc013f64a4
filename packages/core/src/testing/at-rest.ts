import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { deadlinesOf } from "../clock/deadlines.js";
import { systemClock } from "../clock/system-clock.js";
import { tickerOf } from "../clock/ticker.js";
import type { Clock } from "../contract/clock.js";
import type { ClientStats, ServerStats } from "../stats/snapshots.js";

/** A server or a connector. */
export interface Resting {
  stats(): ClientStats | ServerStats;
}

export interface AtRestOptions {
  /** How long it may take to come to rest, in ms of real time. Defaults to 1 000. */
  readonly patienceMs?: number;
  /** Whether handlers must have settled too. Defaults to true; false where a test leaves one hanging on purpose. */
  readonly handlers?: boolean;
}

/**
 * Resolves once a server or a connector that was closed holds nothing any more: no connection, no call without an
 * outcome, nothing queued. Rejects with an `AssertionError` that lists what is left. For the end of a test.
 */
export async function assertAtRest(end: Resting, options: AtRestOptions = {}): Promise<void> {
  const { patienceMs = 1_000, handlers = true } = options;
  const found = (): string[] => left(end.stats(), handlers);
  await settled(found, patienceMs);
  assert.deepEqual(found(), [], "what is left behind");
}

/**
 * Resolves once a clock has nothing to wake: no call that waits for its deadline, no connection or channel that asks what
 * time it is. Rejects with an `AssertionError` otherwise. Call it when all ends that use the clock, the process's own
 * where none is given, are closed.
 */
export async function assertClockAtRest(clock: Clock = systemClock, patienceMs = 1_000): Promise<void> {
  const found = (): string[] =>
    filled({
      "calls waiting for their deadline": deadlinesOf(clock).size,
      "members of the ticker": tickerOf(clock).size,
    });
  await settled(found, patienceMs);
  assert.deepEqual(found(), [], "what the clock is left with");
}

async function settled(found: () => string[], patienceMs: number): Promise<void> {
  const until = performance.now() + patienceMs;
  while (found().length > 0 && performance.now() < until) await turn();
}

function left(stats: ClientStats | ServerStats, handlers: boolean): string[] {
  const { made, served, queue, unsentBytes } = stats.total;
  return filled({
    "connections open": stats.connectionsOpen,
    "calls pending": stats.calls.pending,
    "requests made and pending": made.pending,
    "requests served and pending": served.pending,
    "calls queued": queue.entries,
    "bytes queued": queue.bytes,
    "bytes unsent": unsentBytes,
    "calls waiting for an instance": "waiting" in stats ? stats.waiting : 0,
    "calls waiting for a handler": "waitQueue" in stats ? stats.waitQueue.entries : 0,
    "handlers running": handlers && "running" in stats ? stats.running : 0,
  });
}

function filled(amounts: Readonly<Record<string, number>>): string[] {
  return Object.entries(amounts)
    .filter(([, amount]) => amount !== 0)
    .map(([what, amount]) => `${amount} ${what}`);
}
