import type { Peer } from "../contract/call.js";
import { placeOf } from "./address-reach.js";

const known = new WeakMap<Peer, string>();

/** Returns what a caller is known by: `name:` and its identity's name, or `at:` and where it is. Worked out once for each connection. */
export function callerOf(peer: Peer): string {
  let caller = known.get(peer);
  if (caller === undefined) {
    caller = peer.identity === undefined ? `at:${placeOf(peer.address)}` : `name:${peer.identity.name}`;
    known.set(peer, caller);
  }
  return caller;
}
