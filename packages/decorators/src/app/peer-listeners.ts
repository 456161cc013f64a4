import type { OnPeer, Server } from "@rpc/core";

/** Who wants to know of an app's peers, also before there is a server. */
export class PeerListeners {
  readonly #listeners = new Map<object, { readonly onPeer: OnPeer; leave: () => void }>();
  #server: Server | undefined;

  /** Adds one. Returns what takes it away. */
  listen(onPeer: OnPeer): () => void {
    if (typeof onPeer !== "function")
      throw new TypeError("onPeer wants a function, which is called with each new peer");
    const key = {};
    this.#listeners.set(key, { onPeer, leave: this.#server?.onPeer(onPeer) ?? (() => {}) });
    return () => {
      this.#listeners.get(key)?.leave();
      this.#listeners.delete(key);
    };
  }

  /** The server is there. */
  attach(server: Server): void {
    this.#server = server;
    for (const listener of this.#listeners.values()) listener.leave = server.onPeer(listener.onPeer);
  }
}
