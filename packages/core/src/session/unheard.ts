import type { RpcError } from "../contract/errors.js";
import type { Connection } from "./connection.js";

/** Turned away oneway calls are logged at most this often, in ms: who floods a server must not flood its log. */
const quietMs = 1_000;

/** The peer's calls under way to which no answer may be sent, whatever comes of them. */
export class Unheard {
  readonly #connection: Connection;
  readonly #ids = new Set<number>();
  #turnedAway = 0;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get size(): number {
    return this.#ids.size;
  }

  add(id: number): void {
    this.#ids.add(id);
  }

  /** Takes a call out, since it is over. Returns whether it was in. */
  delete(id: number): boolean {
    return this.#ids.size > 0 && this.#ids.delete(id);
  }

  /** A call was turned away, which nobody but the log will ever hear of. */
  turnedAway({ code, reason, message }: Pick<RpcError, "code" | "reason" | "message">): void {
    this.#turnedAway++;
    const { clock, logger, peer } = this.#connection;
    const now = clock.now();
    if (now - this.#loggedAt < quietMs) return;
    this.#loggedAt = now;
    logger.warn("oneway calls were turned away", {
      peer: peer.address,
      calls: this.#turnedAway,
      code,
      reason,
      detail: message,
    });
    this.#turnedAway = 0;
  }
}
