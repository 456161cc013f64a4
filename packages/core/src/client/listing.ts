import type { Invoke } from "../contract/call.js";
import type { Endpoint } from "../contract/registry.js";

/**
 * Resolves to the endpoints of a service that may be called; rejects where none are known before `deadline`, in ms on the
 * clock, or before patience is over, where `waitForReady`, or else the client, does not wait to the deadline.
 */
export type Listing = (deadline: number, waitForReady: boolean | undefined) => Promise<readonly Endpoint[]>;

const known = new WeakMap<Invoke, Listing>();

/** Notes who is behind an invoke, for calls to all of them. */
export function noteListing(invoke: Invoke, listing: Listing): void {
  known.set(invoke, listing);
}

/** Returns who is behind an invoke; undefined where that is one place and nothing is listed. */
export function listingOf(invoke: Invoke): Listing | undefined {
  return known.get(invoke);
}
