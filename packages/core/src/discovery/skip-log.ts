import type { Logger } from "../contract/logger.js";

/** Keys that are remembered; above, the log begins anew. */
const maxKeys = 10_000;

/** Tells of what could not be used. */
export type SkipLog = (key: string, why: unknown) => void;

/** Returns a function that logs an entry which is skipped, once for each key: what is no good is usually read again and again. */
export function createSkipLog(name: string, logger: Logger): SkipLog {
  const told = new Set<string>();
  return (key, why) => {
    if (told.has(key)) return;
    if (told.size >= maxKeys) told.clear();
    told.add(key);
    const error = why instanceof Error ? why.message : String(why);
    logger.warn(`an entry of ${name} cannot be used and is skipped`, { key: key.slice(0, 256), error });
  };
}
