import type { RpcError } from "../contract/errors.js";
import { type ConnectionLimits, defaultLimits } from "../contract/limits.js";
import { badOption, checkOptions, type OptionKinds } from "./check-options.js";

/**
 * What the credit of a connection has to have for each of its streams: 256 bytes to begin with, each way, of results and
 * arguments alike, and as much again for those that are read.
 */
const streamShareBytes = 1_024;

const kinds: OptionKinds = Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, "count" as const]));

/** Returns the limits with their defaults filled in. Throws `invalid_argument` / `BAD_OPTION` where one is none. */
export function checkLimits(where: string, limits: Partial<ConnectionLimits> = {}): ConnectionLimits {
  checkOptions(`${where}: limits`, limits, kinds);
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  const all: ConnectionLimits = { ...defaultLimits, ...Object.fromEntries(given) };
  const leastBytes = streamShareBytes * all.streams;
  if (all.connectionCreditBytes < leastBytes) throw tooLittleCredit(where, all, leastBytes);
  return all;
}

function tooLittleCredit(
  where: string,
  { connectionCreditBytes, streams }: ConnectionLimits,
  leastBytes: number,
): RpcError {
  const message = `${where}: limits: connectionCreditBytes is ${connectionCreditBytes}, and ${streams} streams that nobody reads would use it up, so that others stood still: give at least ${leastBytes}, ${streamShareBytes} for each of limits.streams, or allow fewer streams`;
  return badOption(message);
}
