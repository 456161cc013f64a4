import type { Call, Receiver } from "../contract/call.js";
import type { RpcError } from "../contract/errors.js";
import type { ConnectionLimits } from "../contract/limits.js";
import type { ServiceDescriptor } from "../contract/method.js";
import type { Address } from "../contract/registry.js";
import type { RemoteMethod, RemoteService } from "./remote-service.js";
import type { WhenFull } from "./when-full.js";

/** A session as whoever calls the peer's services uses it. */
export interface PeerLine {
  readonly peer: { readonly address: Address; readonly instance: string };
  readonly limits: Pick<ConnectionLimits, "sendQueueEntries" | "sendQueueWaiters">;
  readonly whenFull: WhenFull;
  /** Whether new calls may be begun: neither end has begun to close the connection. */
  readonly takesCalls: boolean;
  /** Returns why the peer cannot be called; undefined while it can, which is longer than new calls should be begun. */
  deaf(): RpcError | undefined;
  /** Opens a service. Resolves to undefined where the peer has none of that name. */
  open(service: ServiceDescriptor): Promise<RemoteService | undefined>;
  /** Sends a call for as long as the peer can be called, also while either end drains; `receiver` is told how it ended. */
  sendToPeer(call: Call, remote: RemoteMethod, receiver: Receiver): void;
}
