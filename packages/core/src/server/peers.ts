import type { Peer } from "../contract/call.js";
import type { Logger } from "../contract/logger.js";
import { logFailed } from "../session/log-thrown.js";
import type { Session } from "../session/session.js";

/** Hears of a peer that was let in. May be async; what it throws is logged. */
export type OnPeer = (peer: Peer) => void | Promise<void>;

/** Who is connected to a server, and who wants to know of it. */
export class Peers {
  readonly #sessions: Iterable<Session>;
  readonly #logger: Logger;
  readonly #listeners = new Set<{ readonly onPeer: OnPeer }>();

  constructor(sessions: Iterable<Session>, logger: Logger) {
    this.#sessions = sessions;
    this.#logger = logger;
  }

  /** Returns those that may be called now. */
  list(): readonly Peer[] {
    const peers: Peer[] = [];
    for (const { peer } of this.#sessions) if (peer.ready) peers.push(peer);
    return peers;
  }

  /** Calls `onPeer` with each that is there, and that comes from now on. Returns what ends that. */
  listen(onPeer: OnPeer): () => void {
    if (typeof onPeer !== "function")
      throw new TypeError("onPeer wants a function, which is called with each new peer");
    const listener = { onPeer };
    this.#listeners.add(listener);
    for (const peer of this.list()) this.#call(onPeer, peer);
    return () => void this.#listeners.delete(listener);
  }

  /** A peer was let in. */
  tell(peer: Peer): void {
    for (const { onPeer } of this.#listeners) this.#call(onPeer, peer);
  }

  /** What a listener throws, or rejects with, concerns nobody else. */
  #call(onPeer: OnPeer, peer: Peer): void {
    const failed = (thrown: unknown): void => logFailed(this.#logger, "a listener of onPeer", thrown);
    try {
      const returned: unknown = onPeer(peer);
      if (returned instanceof Promise) returned.catch(failed);
    } catch (thrown) {
      failed(thrown);
    }
  }
}
