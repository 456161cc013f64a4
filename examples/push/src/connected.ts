import { type Client, oneway, type Peer } from "@rpc/core";
import type { App } from "@rpc/decorators";
import { Inbox } from "./inbox.js";

/** Who is connected to this server, and how each is told something. */
export class Connected {
  #app: App | undefined;

  /** To be called once, before the app starts. */
  use(app: App): void {
    this.#app = app;
    app.onPeer(async (peer) => {
      const name = peer.identity?.name;
      console.log(`${name} has come`);
      await peer.closed;
      console.log(`${name} has gone`);
    });
  }

  /** A client of what a peer offers: one small object, so that it need not be kept. */
  inboxOf(peer: Peer): Client<Inbox> {
    return this.#app!.client(Inbox, peer);
  }

  tellAll(text: string): number {
    return this.#tell(this.#app!.peers(), text);
  }

  /** A user is known by an identity, never by a socket: there may be none, or several, and each may be another one later. */
  tell(user: string, text: string): number {
    return this.#tell(
      this.#app!.peers().filter(({ identity }) => identity?.name === user),
      text,
    );
  }

  /** Nobody is waited for: who does not read is dropped by the limits of its connection. */
  #tell(peers: readonly Peer[], text: string): number {
    for (const peer of peers) {
      oneway(this.inboxOf(peer))
        .notify(text)
        .catch((error: Error) => console.error(`${peer.identity?.name} was not told: ${error.message}`));
    }
    return peers.length;
  }
}
