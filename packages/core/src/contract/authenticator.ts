import type { Newcomer } from "./call.js";
import type { Credentials, Identity } from "./identity.js";

/**
 * Says who a peer is, once for each connection, before it is welcomed. Returns the identity that handlers see as
 * `peer.identity`, or undefined to refuse the peer as `unauthenticated`. May throw or reject with an `RpcError` to choose
 * what the peer is told; anything else that it throws is logged, and refuses the peer as `unavailable`, since nothing
 * is known of it. Has `limits.helloMs`, counted from the connection's beginning.
 */
export type Authenticator = (
  credentials: Credentials,
  peer: Newcomer,
) => Identity | undefined | Promise<Identity | undefined>;
