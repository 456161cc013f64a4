import type { Logger } from "./logger.js";

/** Returns the logger such that a log that cannot be written takes nothing else with it. */
export function guarded(logger: Logger): Logger {
  const guard =
    (write: Logger["info"]): Logger["info"] =>
    (message, fields) => {
      try {
        return write.call(logger, message, fields);
      } catch {
        // There is nowhere left to tell it.
        return undefined;
      }
    };
  return {
    debug: guard(logger.debug),
    info: guard(logger.info),
    warn: guard(logger.warn),
    error: guard(logger.error),
  };
}
