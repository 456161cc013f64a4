import type { Clock } from "../contract/clock.js";
import type { Logger } from "../contract/logger.js";

/** So many lines of what strangers can cause may be written within this long, in ms; of what calls cause, of each message. */
const doorLines = 10;
const callLines = 100;
const withinMs = 10_000;
/** Messages that have a count of their own; further ones share one. */
const mostMessages = 1_000;

/** Counts lines, and what was left out since the last one. */
class Allowance {
  readonly #lines: number;
  #beganAt = Number.NEGATIVE_INFINITY;
  #written = 0;
  #leftOut = 0;

  constructor(lines: number) {
    this.#lines = lines;
  }

  /** Returns how many were left out before this one, or undefined where it is left out itself. */
  take(now: number): number | undefined {
    if (now - this.#beganAt >= withinMs) {
      this.#beganAt = now;
      this.#written = 0;
    }
    if (this.#written === this.#lines) {
      this.#leftOut++;
      return undefined;
    }
    this.#written++;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}

/** Returns a logger for what strangers can cause: of more than 10 lines in 10 s the rest is only counted, in `leftOut` of the next. */
export function rateLimited(logger: Logger, clock: Clock): Logger {
  const all = new Allowance(doorLines);
  return limited(logger, clock, () => all);
}

/**
 * Returns a logger for what calls cause, handlers that fail among it: of each message more than 100 lines in 10 s are
 * only counted, in `leftOut` of the next, so that no client fills a disk.
 */
export function limitedByMessage(logger: Logger, clock: Clock): Logger {
  const known = new Map<string, Allowance>();
  const others = new Allowance(callLines);
  return limited(logger, clock, (message) => {
    let own = known.get(message);
    if (own === undefined) {
      if (known.size === mostMessages) return others;
      own = new Allowance(callLines);
      known.set(message, own);
    }
    return own;
  });
}

function limited(logger: Logger, clock: Clock, allowanceOf: (message: string) => Allowance): Logger {
  const limit =
    (write: Logger["info"]): Logger["info"] =>
    (message, fields) => {
      const leftOut = allowanceOf(message).take(clock.now());
      if (leftOut !== undefined) write.call(logger, message, leftOut === 0 ? fields : { ...fields, leftOut });
    };
  return { debug: limit(logger.debug), info: limit(logger.info), warn: limit(logger.warn), error: limit(logger.error) };
}
