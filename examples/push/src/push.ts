import { bind, connect, createClient, defineService, oneway, type Peer, serve } from "@rpc/core";

interface Board {
  post(text: string): number;
}
interface Inbox {
  notify(text: string): void;
}
const BoardService = defineService<Board>("Board", { post: {} });
const InboxService = defineService<Inbox>("Inbox", { notify: {} });

// The server tells everybody who is connected.
const server = await serve({
  services: [bind(BoardService, { post: (text) => tell(server.peers(), text) })],
});

function tell(peers: readonly Peer[], text: string): number {
  for (const peer of peers) {
    oneway(createClient(InboxService, peer.invoke))
      .notify(text)
      .catch((error: Error) => console.error("not told:", error.message));
  }
  return peers.length;
}

// A client offers an inbox on the connection that it makes: it listens nowhere.
const client = connect({
  address: server.address,
  serve: [bind(InboxService, { notify: (text) => console.log("heard:", text) })],
});
await client.ready(BoardService); // connects now, and keeps connected
console.log(tell(server.peers(), "hello"), "told");
await client.close(); // what was on its way is still heard
await server.close();
