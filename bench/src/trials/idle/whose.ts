import { once } from "node:events";
import { type AddressInfo, connect as connectSocket, createServer } from "node:net";
import { bind, connect, defineService, serve } from "@rpc/core";

/** Connections of one kind, as either side makes them. */
export interface Whose {
  /** Listens for as long as the process lives. */
  serve(): Promise<string>;
  /** Opens a connection and makes a call on it. Resolves to what keeps it. */
  connect(address: string): Promise<object>;
}

interface Echo {
  echo(value: string): string;
}

const EchoService = defineService<Echo>("Echo", { echo: {} });

const core: Whose = {
  async serve() {
    const server = await serve({ services: [bind(EchoService, { echo: (value) => value })] });
    return server.address;
  },
  async connect(address) {
    const connector = connect({ address });
    await connector.client(EchoService).echo("hello");
    return connector;
  },
};

/** What a connection costs before anything is built on it: node's own objects for a socket, with a listener for data. */
const bare: Whose = {
  async serve() {
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on("error", () => socket.destroy());
      socket.on("data", (chunk) => socket.write(chunk));
    });
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 });
    await once(server, "listening");
    return String((server.address() as AddressInfo).port);
  },
  async connect(address) {
    const socket = connectSocket({ port: Number(address), host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    const answered = once(socket, "data");
    socket.write("hello");
    await answered;
    socket.on("data", () => {});
    return socket;
  },
};

/** The kinds by name. */
export const whose: Readonly<Record<string, Whose>> = { core, bare };
