import type { Growth } from "./soak.js";

/** What the heap of a process that keeps nothing may still gain for each call: the engine compiles on, and the heap cannot be read exactly. */
const nothingBytes = 2;

/**
 * Returns whether a process keeps nothing of its calls: the lower end of the slope's interval is nothing, or it ended with no
 * more than it began with, as where a slow machine has compiled for the most part of the time and has let go of it.
 */
export function isFlat({ bytesPerCall, firstBytes, lastBytes }: Growth): boolean {
  return bytesPerCall.low <= nothingBytes || lastBytes <= firstBytes;
}

/** How a call of a soak may end: answered, failed on purpose, given up, or caught by a restart; and by its client's own end, where that came while it waited for the server. */
const expected = new Set([
  "ok",
  "failed_precondition SOAKED",
  "deadline_exceeded DEADLINE_EXCEEDED",
  "cancelled CANCELLED",
  "unavailable DRAINING",
  "unavailable CLOSED",
]);

/** Of a machine that stands still for a moment the server sheds what waited then: so many of a thousand calls at most. */
const shed = "resource_exhausted OVERLOADED";
const shedOfThousand = 2;

/** Returns how calls ended that should not have: by names "ok", or an error's code and reason, of `tally`. */
export function unexpected(tally: Readonly<Record<string, number>>): string[] {
  const calls = Object.values(tally).reduce((sum, times) => sum + times, 0);
  const mayShed = ((tally[shed] ?? 0) / calls) * 1_000 <= shedOfThousand;
  return Object.keys(tally).filter((name) => !expected.has(name) && !(name === shed && mayShed));
}
