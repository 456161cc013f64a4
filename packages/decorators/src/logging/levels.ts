/** How much is logged: each level includes those after it. */
export type LogLevel = (typeof logLevels)[number];

/** From the most talkative to the quietest. */
export const logLevels = ["debug", "info", "warn", "error"] as const;
