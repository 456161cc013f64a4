import { connect as tlsConnect } from "node:tls";
import { connect, defineService, RpcError } from "@rpc/core";

/** Connects to a server whose certificate cannot be verified, by Node's own means and by ours, and tells what came of it. */
const [address = ""] = process.argv.slice(2);
const port = Number(address.split(":").at(-1));

const bare = await new Promise<string>((resolve) => {
  const socket = tlsConnect({ host: "127.0.0.1", port });
  socket.on("secureConnect", () => {
    socket.destroy();
    resolve("connected");
  });
  socket.on("error", () => resolve("refused"));
});
const connector = connect({ address });
const ours = await connector
  .client(defineService<{ go(): void }>("Any", { go: {} }))
  .go()
  .then(
    () => "connected",
    (error: unknown) => (error instanceof RpcError ? error.reason : String(error)),
  );
await connector.close();
console.log(JSON.stringify({ bare, ours }));
