import type { ConnectionLimits } from "../contract/limits.js";

/** Less would be cut into crumbs. */
const leastBytes = 256;
/** A hello has four bytes for each, and credit in sum stays below the half of what they hold. */
const mostSaid = 0x7fff_ffff;

/** The credit that each stream begins with, and the connection: what its receiver says in its hello. */
export interface FirstCredit {
  readonly streamBytes: number;
  readonly connectionBytes: number;
}

/**
 * Returns the credit to begin with. That of a stream is small enough that as many streams as may be open, results and
 * arguments alike, use up half of the connection's: what nobody reads must not stop what somebody reads. Whoever reads
 * is given more.
 */
export function firstCredit(limits: ConnectionLimits): FirstCredit {
  const connectionBytes = Math.min(limits.connectionCreditBytes, mostSaid);
  const share = Math.floor(connectionBytes / (4 * limits.streams));
  return { streamBytes: Math.max(leastBytes, Math.min(limits.streamCreditBytes, share)), connectionBytes };
}
