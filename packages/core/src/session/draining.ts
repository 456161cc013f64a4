import type { Peer } from "../contract/call.js";
import { RpcError } from "../contract/errors.js";

/** By the peer of a connection: what tells its handlers that the connection is about to end. Made when somebody asks. */
const notices = new WeakMap<Peer, AbortController>();

/** Returns the signal that aborts when this side begins to drain the connection to a peer. */
export function drainingOf(peer: Peer): AbortSignal {
  return noticeOf(peer).signal;
}

/** This side begins to drain the connection to a peer. */
export function tellDraining(peer: Peer): void {
  const reason = new RpcError("unavailable", "this process is shutting down: end the stream", { reason: "DRAINING" });
  noticeOf(peer).abort(reason);
}

function noticeOf(peer: Peer): AbortController {
  let notice = notices.get(peer);
  if (notice === undefined) {
    notice = new AbortController();
    notices.set(peer, notice);
  }
  return notice;
}
