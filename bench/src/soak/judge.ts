import type { Growth } from "./soak.js";

/** What the heap of a process that keeps nothing may still gain for each call: the engine compiles on, and the heap cannot be read exactly. */
const nothingBytes = 2;

/** Returns whether a process keeps nothing of its calls: the slope, or the lower end of its interval, is nothing. */
export function isFlat({ bytesPerCall }: Growth): boolean {
  return bytesPerCall.low <= nothingBytes;
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

/** Returns whether a call may end so; `name` is "ok", or the error's code and reason. */
export function isExpected(name: string): boolean {
  return expected.has(name);
}
