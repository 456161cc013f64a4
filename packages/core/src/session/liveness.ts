import type { RpcError } from "../contract/errors.js";
import { Kind } from "../wire/header.js";
import type { Connection } from "./connection.js";
import { connectionLost } from "./connection-lost.js";

/** Silence after which an idle peer is asked whether it is there, and one that owes an answer; and how long it may take to say so. */
const idlePingMs = 30_000;
const busyPingMs = 5_000;
const pongMs = 5_000;

/** Whether the peer is still there: silence, the ping that ends it, and the end of a connection on which it does not. */
export class Liveness {
  readonly #connection: Connection;
  readonly #owed: () => boolean;
  readonly #close: (error: RpcError) => void;
  /** Before anything is read again a ping waits for its answer. */
  #pingedAt = Number.NEGATIVE_INFINITY;

  /** `owed` tells whether the peer owes an answer. */
  constructor(connection: Connection, owed: () => boolean, close: (error: RpcError) => void) {
    this.#connection = connection;
    this.#owed = owed;
    this.#close = close;
  }

  /** Called every now and then while the connection is open. */
  tick(now: number): void {
    const { readAt, outbox, peer } = this.#connection;
    const silentMs = now - readAt;
    if (this.#pingedAt > readAt) {
      if (now - this.#pingedAt >= pongMs)
        this.#close(connectionLost(peer.address, `it has not answered for ${Math.round(silentMs)} ms`));
    } else if (silentMs >= (this.#owed() ? busyPingMs : idlePingMs)) {
      this.#pingedAt = now;
      outbox.frame(Kind.ping, 0, 0, 0);
    }
  }

  /** Whether nothing has come for so long that buffers may be let go. */
  quiet(now: number): boolean {
    return now - this.#connection.readAt > busyPingMs;
  }
}
