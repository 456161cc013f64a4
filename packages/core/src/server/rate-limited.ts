import type { Clock } from "../contract/clock.js";
import type { Logger } from "../contract/logger.js";

/** So many lines may be written within this long, in ms. */
const linesAllowed = 10;
const withinMs = 10_000;

/** Returns a logger for what strangers can cause: of more than 10 lines in 10 s the rest is only counted, in `leftOut` of the next. */
export function rateLimited(logger: Logger, clock: Clock): Logger {
  let beganAt = Number.NEGATIVE_INFINITY;
  let written = 0;
  let leftOut = 0;
  const limit =
    (write: Logger["info"]): Logger["info"] =>
    (message, fields) => {
      const now = clock.now();
      if (now - beganAt >= withinMs) {
        beganAt = now;
        written = 0;
      }
      if (written === linesAllowed) {
        leftOut++;
        return;
      }
      written++;
      write.call(logger, message, leftOut === 0 ? fields : { ...fields, leftOut });
      leftOut = 0;
    };
  return { debug: limit(logger.debug), info: limit(logger.info), warn: limit(logger.warn), error: limit(logger.error) };
}
