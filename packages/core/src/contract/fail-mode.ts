/**
 * What becomes of a call whose attempt failed. "failover": it is tried elsewhere, by what is certain about it. "failfast":
 * only what was never written is. "failtry": only what certainly never ran is, at the same endpoint. "failbackup": as
 * failover, and where no answer has come after the time in which 95 of 100 do, 10 ms at least, an idempotent call is made
 * a second time at another endpoint; the first success wins, and the other attempt is cancelled.
 */
export type FailMode = "failover" | "failfast" | "failtry" | "failbackup";

export const failModes = ["failover", "failfast", "failtry", "failbackup"] as const satisfies readonly FailMode[];
